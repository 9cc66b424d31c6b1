const RELOADED = "agridrone.reloaded-at";
const PATIENCE_MS = 30_000;

/**
 * After an upgrade of the server an open tab asks for parts of the pages that are no longer there. It is loaded again,
 * once the server answers; not over and over, should the part be missing from the new pages too.
 */
export function reloadOnNewBuild(): void {
  window.addEventListener("vite:preloadError", () => {
    const last = Number(sessionStorage.getItem(RELOADED) ?? 0);
    if (Date.now() - last < PATIENCE_MS) return;
    void fetch("/", { headers: { Accept: "text/html" } }).then(
      (answer) => {
        if (!answer.ok) return;
        sessionStorage.setItem(RELOADED, String(Date.now()));
        window.location.reload();
      },
      () => {}, // no server, nothing to load: the page says that it broke, and offers to try again
    );
  });
}
