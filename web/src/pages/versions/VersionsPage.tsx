import { Button, Switch } from "@mantine/core";
import { Layers, Plus } from "lucide-react";
import { lazy, Suspense } from "react";
import { Link, useSearchParams } from "wouter";

import { useMay, useProject } from "../../api/projectContext";
import { EmptyState } from "../../components/EmptyState";
import { PageHead } from "../../components/PageHead";
import { VersionCards } from "./VersionCards";
import { useVersionRights } from "./detail/versionRights";

const CreateVersionDialog = lazy(() => import("./create/CreateVersionDialog"));

/** The project's versions, newest first; `?new=1` opens the dialog that makes another, `?archived=1` shows all. */
export default function VersionsPage() {
  const { datasetVersions } = useProject().features;
  const { manage } = useVersionRights();
  const [search, setSearch] = useSearchParams();
  const archived = search.has("archived");
  const set = (name: "new" | "archived", on: boolean) =>
    setSearch(
      (before) => {
        const next = new URLSearchParams(before);
        if (on) next.set(name, "1");
        else next.delete(name);
        return next;
      },
      { replace: name === "archived" || !on },
    );
  if (!datasetVersions) return <SwitchedOff />;
  return (
    <>
      <PageHead title="Dataset Versions">
        <Switch
          label="Show archived"
          checked={archived}
          onChange={(event) => set("archived", event.currentTarget.checked)}
          mr="xs"
        />
        {manage && (
          <Button leftSection={<Plus size={16} aria-hidden />} onClick={() => set("new", true)}>
            New Version
          </Button>
        )}
      </PageHead>
      <VersionCards archived={archived} onCreate={() => set("new", true)} onShowArchived={() => set("archived", true)} />
      {manage && search.has("new") && (
        <Suspense>
          <CreateVersionDialog onClose={() => set("new", false)} />
        </Suspense>
      )}
    </>
  );
}

function SwitchedOff() {
  const mayChange = useMay("settings");
  return (
    <>
      <PageHead title="Dataset Versions" />
      <EmptyState
        icon={Layers}
        title="Dataset versions are switched off for this project"
        action={
          mayChange && (
            <Button component={Link} to="/settings">
              Open Settings
            </Button>
          )
        }
      >
        A version freezes the images and annotations of a moment, to train from and to compare with.{" "}
        {mayChange ? "Switch them on in the settings." : "A manager of the team can switch them on in the settings."}
      </EmptyState>
    </>
  );
}
