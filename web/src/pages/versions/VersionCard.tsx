import { Box } from "@mantine/core";
import { Images } from "lucide-react";

import { isFinal } from "../training/progress";
import { VersionCardActions } from "./VersionCardActions";
import { VersionCardFacts } from "./VersionCardFacts";
import { VersionCardMaking } from "./VersionCardMaking";
import type { ListedVersion } from "./VersionCards";
import classes from "./VersionCard.module.css";
import { FailedVersion } from "./detail/FailedVersion";
import { VersionMenu } from "./detail/VersionMenu";
import { useVersionRights } from "./detail/versionRights";

/** One version: what is in it, what became of it, and what can be done with it. */
export function VersionCard({ version, onChanged }: { version: ListedVersion; onChanged: () => void }) {
  const { manage } = useVersionRights();
  const { status } = version;
  const open = version.trainingJobs.nodes.filter((job) => !isFinal(job.status));
  const job = open.find((one) => one.status !== "QUEUED") ?? open.at(-1);
  return (
    <li className={classes.card} data-archived={status === "ARCHIVED" || undefined}>
      <Pictures version={version} />
      <div className={classes.body}>
        <VersionCardFacts key={job?.id} version={version} job={job} waiting={open.length - 1} onChanged={onChanged} />
        {status === "CREATING" && <VersionCardMaking version={version} onEnd={onChanged} />}
        {status === "FAILED" && <FailedVersion version={version} onChanged={onChanged} />}
        <div className={classes.actions}>
          <VersionCardActions version={version} />
          {manage && (
            <Box ml="auto">
              <VersionMenu version={version} onChanged={onChanged} />
            </Box>
          )}
        </div>
      </div>
    </li>
  );
}

/** As the images are today: a version may have frozen some that the project lost since. */
function Pictures({ version }: { version: ListedVersion }) {
  const assets = version.assets.nodes.flatMap(({ asset }) => asset ?? []);
  return (
    <div className={classes.strip} data-count={assets.length}>
      {assets.map((asset) => (
        <img key={asset.id} src={asset.thumbnailUrl} alt="" loading="lazy" decoding="async" />
      ))}
      {assets.length === 0 && (
        <span className={classes.placeholder}>
          <Images size={28} aria-hidden />
        </span>
      )}
    </div>
  );
}
