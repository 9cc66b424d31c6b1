import { Button, Group, Modal, Slider, Stack, Text, Title } from "@mantine/core";
import { Check, X } from "lucide-react";
import { useState } from "react";

import { tell, useAction } from "../../api/action";
import type { ReviewDecision } from "../../api/generated/graphql";
import { useProject } from "../../api/projectContext";
import { count, counted } from "../../components/numbers";
import { REVIEW_PENDING } from "../viewer/documents";
import { chunks, divide, type PendingImage } from "./pendingImages";
import classes from "./BulkReview.module.css";

/** As many ids as one call takes. */
const AT_ONCE = 1_000;

/** Decides on many at once: surer ones are accepted, the others rejected, each after a question. */
export function BulkReview({
  waiting,
  className,
  batch,
  onDecided,
  onReread,
}: {
  waiting: readonly PendingImage[];
  className: string | null;
  batch: string | null;
  onDecided: (ids: readonly string[]) => void;
  onReread: () => void;
}) {
  const project = useProject();
  const [threshold, setThreshold] = useState(80);
  const [asking, setAsking] = useState<ReviewDecision | null>(null);
  const [review, busy] = useAction(REVIEW_PENDING, (data) => data.reviewPendingAnnotations);
  const { above, below, imagesAbove, imagesBelow } = divide(waiting, threshold);

  const accept = async () => {
    const where = { minConfidence: threshold / 100, className, uploadBatchId: batch };
    const { payload } = await review({ input: { projectId: project.id, decision: "ACCEPT", ...where } });
    setAsking(null);
    if (payload === null) return;
    onDecided(above.map(({ id }) => id));
    tell(`${counted(payload.accepted, "detection")} accepted.`);
    onReread();
  };
  const reject = async () => {
    let rejected = 0;
    for (const ids of chunks(below.map(({ id }) => id), AT_ONCE)) {
      const { payload } = await review({ input: { projectId: project.id, decision: "REJECT", ids } });
      if (payload === null) break;
      rejected += payload.rejected;
      onDecided(ids);
    }
    setAsking(null);
    if (rejected > 0) tell(`${counted(rejected, "detection")} rejected.`);
    onReread();
  };
  const scope = [className === null ? "of all classes" : `of the class ${className}`, batch === null ? "" : "in the chosen upload"]
    .filter(Boolean)
    .join(" ");
  return (
    <section className={classes.bulk} aria-label="Many at once">
      <Title order={3} size="h5">
        Many at once
      </Title>
      <Text size="sm">
        <b>{threshold} %</b> confidence or more, {batch === null && className === null ? "all images" : "as filtered"}
      </Text>
      <Slider
        value={threshold}
        onChange={setThreshold}
        min={0}
        max={100}
        label={(value) => `${value} %`}
        thumbLabel="Confidence from which to accept"
        my={4}
      />
      <Group gap="xs" grow preventGrowOverflow={false}>
        <Button
          size="compact-sm"
          h={34}
          px={8}
          leftSection={<Check size={16} aria-hidden />}
          disabled={above.length === 0}
          onClick={() => setAsking("ACCEPT")}
        >
          Accept {count(above.length)}
        </Button>
        <Button
          size="compact-sm"
          h={34}
          px={8}
          variant="default"
          leftSection={<X size={16} aria-hidden />}
          disabled={below.length === 0}
          onClick={() => setAsking("REJECT")}
        >
          Reject {count(below.length)} below
        </Button>
      </Group>
      <Modal
        opened={asking !== null}
        onClose={() => setAsking(null)}
        title={asking === "REJECT" ? `Reject ${counted(below.length, "detection")}?` : `Accept ${counted(above.length, "detection")}?`}
      >
        <Stack>
          <Text size="sm">
            {asking === "REJECT"
              ? `${counted(below.length, "detection")} ${scope} with a confidence below ${threshold} %, on ${counted(imagesBelow, "image")}, will be rejected. They leave the queue, and detection does not bring them back.`
              : `${counted(above.length, "detection")} ${scope} with a confidence of ${threshold} % or more, on ${counted(imagesAbove, "image")}, will become annotations, without a look at each. The ${count(below.length)} below stay in the queue.`}
          </Text>
          <Group justify="flex-end">
            <Button variant="default" onClick={() => setAsking(null)}>
              Cancel
            </Button>
            {asking === "REJECT" ? (
              <Button color="red" loading={busy} onClick={() => void reject()}>
                Reject {count(below.length)}
              </Button>
            ) : (
              <Button loading={busy} onClick={() => void accept()}>
                Accept {count(above.length)}
              </Button>
            )}
          </Group>
        </Stack>
      </Modal>
    </section>
  );
}
