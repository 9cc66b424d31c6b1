import { Button, SegmentedControl, Select, Stack } from "@mantine/core";
import { GraduationCap } from "lucide-react";
import { Link, useSearchParams } from "wouter";

import type { TrainingJobStatus } from "../../api/generated/graphql";
import { useMay, useProject } from "../../api/projectContext";
import { EmptyState } from "../../components/EmptyState";
import { PageHead } from "../../components/PageHead";
import { JobList } from "./JobList";
import classes from "./TrainingPage.module.css";

const UNDERWAY: TrainingJobStatus[] = ["QUEUED", "PREPARING", "RUNNING"];
const ENDED: TrainingJobStatus[] = ["COMPLETED", "FAILED", "CANCELLED"];

const FILTERS = [
  { value: "", label: "All" },
  { value: "running", label: "Running" },
  { value: "completed", label: "Completed" },
  { value: "failed", label: "Failed" },
  { value: "cancelled", label: "Cancelled" },
];

/** The project's trainings: those underway first, then what has ended. */
export default function TrainingPage() {
  const project = useProject();
  const [search, setSearch] = useSearchParams();
  if (project.trainingJobs.totalCount === 0) return <NoTrainings />;
  const asked = search.get("status") ?? "";
  const filter = FILTERS.some(({ value }) => value === asked) ? asked : "";
  const show = (value: string) => setSearch(value ? { status: value } : {}, { replace: true });
  return (
    <>
      <PageHead title="Training" />
      <Stack gap="lg">
        <SegmentedControl
          aria-label="Show trainings"
          className={classes.filter}
          visibleFrom="xs"
          data={FILTERS}
          value={filter}
          onChange={show}
        />
        <Select
          aria-label="Show trainings"
          hiddenFrom="xs"
          data={FILTERS}
          value={filter}
          onChange={(value) => show(value ?? "")}
          allowDeselect={false}
        />
        <Lists key={filter} filter={filter} />
      </Stack>
    </>
  );
}

function Lists({ filter }: { filter: string }) {
  if (filter === "") {
    return (
      <>
        <JobList title="Running and queued" statuses={UNDERWAY} hideEmpty />
        <JobList title="Ended" statuses={ENDED} hideEmpty />
      </>
    );
  }
  const statuses = filter === "running" ? UNDERWAY : ENDED.filter((status) => status === filter.toUpperCase());
  return <JobList title={FILTERS.find(({ value }) => value === filter)?.label ?? ""} statuses={statuses} />;
}

function NoTrainings() {
  const { versionCount, features } = useProject();
  const mayTrain = useMay("train");
  const mayChange = useMay("settings");
  if (!features.datasetVersions) {
    return (
      <>
        <PageHead title="Training" />
        <EmptyState
          icon={GraduationCap}
          title="Dataset versions are switched off"
          action={
            mayChange && (
              <Button component={Link} to="/settings">
                Open the settings
              </Button>
            )
          }
        >
          A training starts from a dataset version.{" "}
          {mayChange ? "Switch versions on in the settings." : "A manager of the team can switch versions on."}
        </EmptyState>
      </>
    );
  }
  return (
    <>
      <PageHead title="Training" />
      <EmptyState
        icon={GraduationCap}
        title="Nothing trained yet"
        action={
          <Button component={Link} to="/versions">
            {mayTrain && versionCount > 0 ? "Choose a version to train" : "Go to the versions"}
          </Button>
        }
      >
        {versionCount > 0
          ? "Train a model from one of the dataset versions; its progress and curves then appear here."
          : "A training starts from a dataset version: make one of the annotated images first."}
      </EmptyState>
    </>
  );
}
