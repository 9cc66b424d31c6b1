import { Anchor, Badge, Breadcrumbs, Button, Group, Portal, Text } from "@mantine/core";
import { BrainCircuit, GraduationCap, Images, Layers, ScanSearch, Settings, type LucideIcon } from "lucide-react";
import { Link, useLocation } from "wouter";

import { useMay, useProject } from "../api/projectContext";
import { count } from "../components/numbers";
import { ActivityButton } from "./ActivityButton";
import classes from "./ProjectHeader.module.css";

interface Tab {
  path: string;
  label: string;
  icon: LucideIcon;
  count?: number;
}

/** The project's breadcrumb and its tabs, each with its count; the tabs are a bottom bar on a phone. */
export function ProjectHeader() {
  const project = useProject();
  const mayDetect = useMay("detect");
  const [location] = useLocation();
  const tabs: Tab[] = [
    { path: "/images", label: "Images", icon: Images, count: project.totalImages },
    { path: "/versions", label: "Versions", icon: Layers, count: project.versionCount },
    { path: "/training", label: "Training", icon: GraduationCap, count: project.trainingJobs.totalCount },
    { path: "/models", label: "Models", icon: BrainCircuit, count: project.models.totalCount },
    { path: "/settings", label: "Settings", icon: Settings },
  ];
  const current = tabs.find(({ path }) => location === path || location.startsWith(`${path}/`));
  return (
    <>
      <Portal target="#project-actions" reuseTargetNode={false}>
        {mayDetect && (
          <Button
            component={Link}
            to="/try"
            size="compact-sm"
            variant="light"
            leftSection={<ScanSearch size={15} aria-hidden />}
          >
            Try it
          </Button>
        )}
        <ActivityButton />
      </Portal>
      <Group className={classes.head} justify="space-between" gap={0}>
        <Breadcrumbs separatorMargin={6} className={classes.crumbs}>
          <Anchor component={Link} to="~/projects" size="sm">
            Projects
          </Anchor>
          <Text size="sm" truncate maw={300}>
            {project.name}
          </Text>
        </Breadcrumbs>
        <nav className={classes.tabs} aria-label="Parts of the project">
          {tabs.map(({ path, label, icon: Icon, count: number }) => (
            <Link key={path} to={path} className={classes.tab} aria-current={current?.path === path ? "page" : undefined}>
              <Icon size={17} aria-hidden />
              <span>{label}</span>
              {number !== undefined && (
                <Badge size="sm" variant="light" color="gray" className={classes.count} autoContrast>
                  {count(number)}
                </Badge>
              )}
            </Link>
          ))}
        </nav>
      </Group>
    </>
  );
}
