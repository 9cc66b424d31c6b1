import { createContext, useContext } from "react";

import type { ProjectShellQuery } from "./generated/graphql";
import { may, type Deed } from "./roles";

export type OpenProject = ProjectShellQuery["project"];

export const ProjectContext = createContext<OpenProject | null>(null);

/** The project whose page this is. */
export function useProject(): OpenProject {
  const project = useContext(ProjectContext);
  if (project === null) throw new Error("This is used on a project's pages only.");
  return project;
}

/** Whether the viewer's role in the project's team allows it. */
export function useMay(deed: Deed): boolean {
  return may(useProject().viewerRole, deed);
}
