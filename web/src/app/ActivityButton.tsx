import { ActionIcon, Indicator, Popover, Progress, Stack, Text, UnstyledButton } from "@mantine/core";
import { Activity } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { Link } from "wouter";

import { tell } from "../api/action";
import { graphql } from "../api/generated";
import { useLiveQuery } from "../api/live";
import { useProject } from "../api/projectContext";
import { runningWork } from "./runningWork";
import classes from "./ActivityButton.module.css";

export const ACTIVITY = graphql(`
  query Activity($id: ID!) {
    project(id: $id) {
      id
      versions(first: 10) {
        nodes {
          id
          version
          status
          exports {
            id
            format
            status
          }
          lastCheck {
            id
            status
            objectsChecked
            objectsTotal
          }
        }
      }
      trainingJobs(first: 10, status: [QUEUED, PREPARING, RUNNING]) {
        nodes {
          id
          status
          epoch
          progress
          config {
            epochs
          }
          version {
            id
            version
          }
        }
      }
      detectionJobs(first: 5) {
        nodes {
          id
          status
          done
          total
        }
      }
      uploadBatches(first: 5) {
        nodes {
          id
          name
          status
          verified
          refused
        }
      }
      deployments(first: 3) {
        nodes {
          id
          status
          roboflowModel
          model {
            id
            name
          }
        }
      }
    }
  }
`);

const KINDS = [
  "VERSION_CHANGED",
  "CHECK_CHANGED",
  "EXPORT_CHANGED",
  "TRAINING_CHANGED",
  "DEPLOYMENT_CHANGED",
  "DETECTION_CHANGED",
  "UPLOAD_CHANGED",
] as const;

/** What runs in the project, with its progress, in one place; what finished says so once. */
export function ActivityButton() {
  const { id } = useProject();
  const [{ data }] = useLiveQuery(ACTIVITY, { id }, KINDS);
  const [opened, setOpened] = useState(false);
  const work = data ? runningWork(data.project) : [];
  const before = useRef<Map<string, string>>(new Map());
  useEffect(() => {
    if (!data) return;
    const now = new Map(runningWork(data.project).map(({ key, name }) => [key, name]));
    for (const [key, name] of before.current) if (!now.has(key)) tell(`${name}: no longer running`);
    before.current = now;
  }, [data]);
  return (
    <Popover opened={opened} onChange={setOpened} position="bottom-end" width={320} shadow="md" trapFocus>
      <Indicator disabled={work.length === 0} label={work.length} size={16} offset={6} processing>
        <Popover.Target>
          <ActionIcon
            variant="subtle"
            color="gray"
            size="lg"
            onClick={() => setOpened(!opened)}
            aria-label={work.length ? `Activity: ${work.length} running` : "Activity: nothing is running"}
          >
            <Activity size={20} aria-hidden />
          </ActionIcon>
        </Popover.Target>
      </Indicator>
      <Popover.Dropdown>
        {work.length === 0 ? (
          <Text size="sm" c="dimmed" tabIndex={-1} data-autofocus>
            Nothing is running in this project.
          </Text>
        ) : (
          <Stack gap="xs" component="ul" className={classes.list}>
            {work.map(({ key, name, state, to, progress }) => (
              <li key={key}>
                <UnstyledButton component={Link} to={to} className={classes.item} onClick={() => setOpened(false)}>
                  <Text size="sm">
                    {name}
                    {state ? `: ${state}` : ""}
                  </Text>
                  <Progress
                    value={progress === null ? 100 : progress * 100}
                    animated={progress === null}
                    size="sm"
                    mt={4}
                    aria-label={name}
                  />
                </UnstyledButton>
              </li>
            ))}
          </Stack>
        )}
      </Popover.Dropdown>
    </Popover>
  );
}
