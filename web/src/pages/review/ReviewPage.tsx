import { Button, Skeleton } from "@mantine/core";
import { Images, Layers, PartyPopper, ScanSearch } from "lucide-react";
import { useMemo, useState } from "react";
import { useClient } from "urql";
import { Link, useSearchParams } from "wouter";

import { useMay, useProject } from "../../api/projectContext";
import { EmptyState } from "../../components/EmptyState";
import { PageHead } from "../../components/PageHead";
import { QueryProblem } from "../../components/Problem";
import { count, counted } from "../../components/numbers";
import { useAwayGuard } from "../viewer/awayGuard";
import { Desk } from "../viewer/desk";
import { SaveStatus } from "../viewer/SaveStatus";
import { classesOf, waitingImages } from "./pendingImages";
import { ReviewFilters } from "./ReviewFilters";
import { ReviewDesk } from "./ReviewDesk";
import { usePendingImages } from "./usePendingImages";
import classes from "./ReviewPage.module.css";

/** What the models found, image by image, until nothing waits any more. */
export default function ReviewPage() {
  const project = useProject();
  const client = useClient();
  const [desk] = useState(() => new Desk(client, project.id));
  const [search, setSearch] = useSearchParams();
  const className = search.get("class");
  const batch = search.get("batch");
  const [answer, read] = usePendingImages(project.id, batch);
  const [decided, setDecided] = useState<ReadonlySet<string>>(new Set());
  const all = useMemo(() => waitingImages(answer?.images ?? [], decided, null), [answer, decided]);
  const waiting = useMemo(() => waitingImages(answer?.images ?? [], decided, className), [answer, decided, className]);
  const mayReview = useMay("review");
  useAwayGuard(desk.queue);

  const choose = (name: "class" | "batch" | "image", value: string | null) =>
    setSearch(
      (before) => {
        if (value === null) before.delete(name);
        else before.set(name, value);
        if (name !== "image") before.delete("image");
        return before;
      },
      { replace: true },
    );
  const decide = (ids: readonly string[]) => setDecided((before) => new Set([...before, ...ids]));
  const left = waiting.reduce((sum, { pending }) => sum + pending.length, 0);
  const some = answer !== null && !answer.complete ? "at least " : "";
  return (
    <>
      <PageHead
        title="Review"
        aside={
          answer &&
          left > 0 && (
            <span className={classes.left} role="status">
              {some}
              {count(left)} to review on {counted(waiting.length, "image")}
            </span>
          )
        }
      >
        {mayReview && <SaveStatus queue={desk.queue} />}
        <ReviewFilters
          classes={classesOf(all)}
          className={className}
          batch={batch}
          onClass={(name) => choose("class", name)}
          onBatch={(id) => choose("batch", id)}
        />
      </PageHead>
      {answer?.error && <QueryProblem error={answer.error} retry={() => void read()} />}
      {!answer && <Skeleton height="calc(100dvh - 260px)" mih={420} />}
      {answer && waiting.length > 0 && (
        <ReviewDesk
          desk={desk}
          images={answer.images}
          waiting={waiting}
          className={className}
          batch={batch}
          current={search.get("image")}
          onCurrent={(id) => choose("image", id)}
          onDecided={decide}
          onReread={() => void read()}
        />
      )}
      {answer?.complete && waiting.length === 0 && (
        <NothingLeft decided={decided.size} others={all.length > 0} onAll={() => setSearch({}, { replace: true })} filtered={className !== null || batch !== null} />
      )}
    </>
  );
}

function NothingLeft({
  decided,
  others,
  filtered,
  onAll,
}: {
  decided: number;
  others: boolean;
  filtered: boolean;
  onAll: () => void;
}) {
  const mayVersion = useMay("version");
  const toImages = (
    <Button component={Link} to="/images" variant={decided ? "default" : "filled"} leftSection={<Images size={16} aria-hidden />}>
      Back to the images
    </Button>
  );
  if (filtered) {
    return (
      <EmptyState icon={ScanSearch} title="Nothing of this waits" action={<Button onClick={onAll}>Show all that waits</Button>}>
        {others ? "Other classes still have detections to review." : "All detections that the filters show were reviewed."}
      </EmptyState>
    );
  }
  if (decided === 0) {
    return (
      <EmptyState icon={ScanSearch} title="Nothing waits for review" action={toImages}>
        What a model finds on your images waits here until somebody accepts or rejects it. Run detection on images, or
        switch on detection on upload in the settings.
      </EmptyState>
    );
  }
  return (
    <EmptyState
      icon={PartyPopper}
      title="All reviewed"
      action={
        mayVersion ? (
          <Button component={Link} to="/versions" leftSection={<Layers size={16} aria-hidden />}>
            Create a dataset version
          </Button>
        ) : (
          toImages
        )
      }
    >
      {counted(decided, "detection was", "detections were")} decided on here. What was accepted counts as an annotation:
      a new dataset version takes it up for the next training.
    </EmptyState>
  );
}
