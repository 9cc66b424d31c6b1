import { Button, Kbd } from "@mantine/core";
import { Check, X } from "lucide-react";

import { percent } from "../../components/numbers";
import type { PendingMark } from "./marks";
import classes from "./DecisionBar.module.css";

/** Accept or reject the detection that is meant, within reach of a thumb; it lies over the picture, or docked below it. */
export function DecisionBar({
  pending,
  decide,
  docked = false,
}: {
  pending: PendingMark;
  decide: (accept: boolean) => void;
  docked?: boolean;
}) {
  return (
    <div className={classes.bar} data-docked={docked || undefined} onPointerDown={(event) => event.stopPropagation()} role="group" aria-label="Review">
      <span className={classes.what}>
        {pending.weedType} {percent(pending.confidence)}
      </span>
      <Button
        size="xs"
        h={36}
        leftSection={<Check size={16} aria-hidden />}
        rightSection={<Kbd size="xs" visibleFrom="sm">a</Kbd>}
        onClick={() => decide(true)}
      >
        Accept
      </Button>
      <Button
        size="xs"
        h={36}
        variant="default"
        leftSection={<X size={16} aria-hidden />}
        rightSection={<Kbd size="xs" visibleFrom="sm">x</Kbd>}
        onClick={() => decide(false)}
      >
        Reject
      </Button>
    </div>
  );
}
