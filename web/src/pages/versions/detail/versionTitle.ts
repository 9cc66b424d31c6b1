/** `v3 - March 2025 Release`; without a name of its own `v3`. */
export function versionTitle({ version, displayName }: { version: number; displayName?: string | null }): string {
  return displayName ? `v${version} - ${displayName}` : `v${version}`;
}
