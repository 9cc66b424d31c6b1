/** What runs in the project, in one place. */
export function ActivityButton() {
  return null;
}
