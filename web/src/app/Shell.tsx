import { ActionIcon, AppShell, Burger, Group, Menu, Text, useMantineColorScheme, VisuallyHidden } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { CircleUser, Code, Keyboard, LogOut, MoonStar, Sun } from "lucide-react";
import { useEffect, useRef, useState, type ReactNode } from "react";
import { useQuery } from "urql";
import { Link, useLocation } from "wouter";

import { graphql } from "../api/generated";
import { session } from "../api/session";
import { useSignInOptions } from "../api/signInOptions";
import { ConnectionBanner } from "./ConnectionBanner";
import { KeyboardHelp } from "./KeyboardHelp";
import { ProjectRail } from "./ProjectRail";
import { useArrival } from "./useArrival";
import classes from "./Shell.module.css";

const VIEWER = graphql(`
  query ShellViewer {
    viewer {
      id
      name
      email
    }
  }
`);

/** The rail of projects, the header, and a page in the middle. What belongs to a project goes to `#project-actions`. */
export function Shell({ children }: { children: ReactNode }) {
  const [railOpen, rail] = useDisclosure(false);
  const [location] = useLocation();
  const { close } = rail;
  const page = useRef<HTMLElement>(null);
  useArrival(page);
  useEffect(() => close(), [location, close]);
  return (
    <AppShell
      header={{ height: 52 }}
      navbar={{ width: 232, breakpoint: "sm", collapsed: { mobile: !railOpen } }}
      padding={0}
    >
      <a href="#page" className={classes.skip}>
        Skip to the page
      </a>
      <AppShell.Header>
        <VisuallyHidden component="h1">AgriDrone Ops</VisuallyHidden>
        <Group h="100%" px="md" justify="space-between" wrap="nowrap" gap="xs">
          <Group gap="xs" wrap="nowrap" style={{ minWidth: 0 }}>
            <Burger opened={railOpen} onClick={rail.toggle} hiddenFrom="sm" size="sm" aria-label="Projects" />
            <Link to="/projects" className={classes.brand} aria-label="AgriDrone Ops">
              <img src="/leaf.svg" alt="" width={26} height={26} />
              <Text fw={700} span visibleFrom="xs">
                AgriDrone Ops
              </Text>
            </Link>
          </Group>
          <Group gap={4} wrap="nowrap">
            <span id="project-actions" className={classes.actions} />
            <AccountMenu />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="xs">
        <ProjectRail />
      </AppShell.Navbar>
      <AppShell.Main id="page" ref={page} tabIndex={-1} className={classes.main}>
        <ConnectionBanner />
        {children}
        <div id="overlays" />
      </AppShell.Main>
    </AppShell>
  );
}

function AccountMenu() {
  const [{ data }] = useQuery({ query: VIEWER, variables: {} });
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const [keys, setKeys] = useState(false);
  const options = useSignInOptions();
  const dark =
    colorScheme === "dark" || (colorScheme === "auto" && window.matchMedia("(prefers-color-scheme: dark)").matches);
  return (
    <>
      <KeyboardHelp opened={keys} onOpen={() => setKeys(true)} onClose={() => setKeys(false)} />
      <Menu position="bottom-end" width={240}>
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" size="lg" aria-label="Account">
            <CircleUser size={20} aria-hidden />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>{data ? `${data.viewer.name} · ${data.viewer.email}` : "Signed in"}</Menu.Label>
          <Menu.Item
            leftSection={dark ? <Sun size={16} /> : <MoonStar size={16} />}
            onClick={() => setColorScheme(dark ? "light" : "dark")}
          >
            {dark ? "Light theme" : "Dark theme"}
          </Menu.Item>
          <Menu.Item leftSection={<Keyboard size={16} />} onClick={() => setKeys(true)}>
            Keyboard shortcuts
          </Menu.Item>
          {options?.graphiql && (
            <Menu.Item leftSection={<Code size={16} />} component="a" href="/graphiql">
              GraphiQL
            </Menu.Item>
          )}
          <Menu.Divider />
          <Menu.Item leftSection={<LogOut size={16} />} onClick={session.signOut}>
            Sign out
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </>
  );
}
