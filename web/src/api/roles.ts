import type { TeamRole } from "./generated/graphql";

const RANK: Record<TeamRole, number> = { VIEWER: 0, MEMBER: 1, MANAGER: 2, OWNER: 3 };

/** What the contract lets each role do; the server decides, this only hides the buttons. */
const NEEDED = {
  annotate: "MEMBER",
  upload: "MEMBER",
  review: "MEMBER",
  detect: "MEMBER",
  export: "MEMBER",
  import: "MEMBER",
  version: "MANAGER",
  train: "MANAGER",
  evaluate: "MANAGER",
  deploy: "MANAGER",
  settings: "MANAGER",
  members: "OWNER",
} as const satisfies Record<string, TeamRole>;

export type Deed = keyof typeof NEEDED;

export function may(role: TeamRole, deed: Deed): boolean {
  return RANK[role] >= RANK[NEEDED[deed]];
}
