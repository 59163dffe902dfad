// Who leaves the page leaves nothing behind: browsers may keep a page that was left, with its workers and its pictures, to show it again.

/** Calls `end` when the page is left. Should the browser bring it back all the same, it starts anew. */
export function endOnLeaving(end: () => void): void {
  window.addEventListener('pagehide', end);
  window.addEventListener('pageshow', ({ persisted }) => {
    if (persisted) location.reload();
  });
}
