import { Group, Loader, Text } from "@mantine/core";
import { useEffect, useState } from "react";

import { useConnection } from "../api/sockets";
import classes from "./ConnectionBanner.module.css";

/** A moment's loss is nobody's business. */
const PATIENCE_MS = 1_000;

/** Says quietly that the connection is lost; gone when it is back, and everything has caught up by its cursor. */
export function ConnectionBanner() {
  const lost = useConnection() === "lost";
  const [shown, setShown] = useState(false);
  useEffect(() => {
    if (!lost) return;
    const timer = setTimeout(() => setShown(true), PATIENCE_MS);
    return () => {
      clearTimeout(timer);
      setShown(false);
    };
  }, [lost]);
  return (
    <div role="status" aria-live="polite">
      {shown && (
        <Group className={classes.banner} gap="xs" wrap="nowrap">
          <Loader size="xs" color="currentColor" />
          <Text size="sm">The connection is lost. What you see catches up by itself when it is back.</Text>
        </Group>
      )}
    </div>
  );
}
