// SPDX-License-Identifier: Apache-2.0
// How the page waits: nothing is asked while nobody looks at it.

export function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

// Resolve when the page is seen, at once where it is.
export async function seen() {
  while (document.hidden) {
    await new Promise((resolve) =>
      document.addEventListener("visibilitychange", resolve, { once: true }),
    );
  }
}
