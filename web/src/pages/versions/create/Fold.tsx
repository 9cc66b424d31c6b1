import { Collapse, Text, UnstyledButton } from "@mantine/core";
import { ChevronRight } from "lucide-react";
import { useId, useState, type ReactNode } from "react";

import classes from "./fields.module.css";

/** What is rarely needed. Open from the start where something in it is set, and always while something in it is wrong. */
export function Fold({ title, set, wrong, children }: { title: string; set: boolean; wrong: boolean; children: ReactNode }) {
  const [wanted, setWanted] = useState(set);
  const open = wanted || wrong;
  const id = useId();
  return (
    <div>
      <UnstyledButton
        className={classes.fold}
        onClick={() => setWanted(!open)}
        aria-expanded={open}
        aria-controls={id}
      >
        <ChevronRight size={16} aria-hidden className={classes.arrow} data-open={open || undefined} />
        <Text span size="sm" fw={500}>
          {title}
        </Text>
        {set && !open && (
          <Text span size="sm" c="dimmed">
            in use
          </Text>
        )}
      </UnstyledButton>
      <div id={id}>
        <Collapse expanded={open}>
          <div className={classes.folded}>{children}</div>
        </Collapse>
      </div>
    </div>
  );
}
