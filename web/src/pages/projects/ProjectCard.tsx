import { Card, Group, Stack, Text, Title } from "@mantine/core";
import { ImagePlus } from "lucide-react";
import { Link } from "wouter";

import type { ProjectsQuery } from "../../api/generated/graphql";
import { MeanPrecision } from "../../components/MeanPrecision";
import { StatusChip } from "../../components/StatusChip";
import { counted } from "../../components/numbers";
import classes from "./ProjectsPage.module.css";

type Project = ProjectsQuery["projects"]["nodes"][number];

/** A project as its pictures, its counts, and what it detects with. */
export function ProjectCard({ project }: { project: Project }) {
  const { activeModel, activeRoboflowModel } = project;
  const counts = [
    counted(project.totalImages, "image"),
    counted(project.totalAnnotations, "annotation"),
    counted(project.versionCount, "version"),
  ];
  return (
    <Card component={Link} to={`/projects/${project.id}/images`} withBorder padding="md" className={classes.card}>
      <Card.Section className={classes.strip}>
        {project.assets.nodes.map(({ id, thumbnailUrl }) => (
          <img key={id} src={thumbnailUrl} alt="" loading="lazy" />
        ))}
        {project.assets.nodes.length === 0 && <ImagePlus size={28} aria-hidden className={classes.nothing} />}
      </Card.Section>
      <Stack gap={6} mt="sm">
        <Title order={3} size="h4" lineClamp={1}>
          {project.name}
        </Title>
        <Group gap="4px 12px">
          {counts.map((words) => (
            <Text key={words} size="sm" c="dimmed">
              {words}
            </Text>
          ))}
        </Group>
        <Group justify="space-between" gap="xs" wrap="nowrap" mih={44}>
          {activeModel ? (
            <>
              <MeanPrecision
                value={activeModel.metrics?.mAP50}
                on={activeModel.version ? `v${activeModel.version.version} val` : "import"}
                images={activeModel.version?.splitCounts.val}
              />
              <StatusChip status="ACTIVE" />
            </>
          ) : (
            <Text size="sm" c="dimmed" truncate>
              {activeRoboflowModel ? `Roboflow: ${activeRoboflowModel}` : "No model deployed yet"}
            </Text>
          )}
        </Group>
      </Stack>
    </Card>
  );
}
