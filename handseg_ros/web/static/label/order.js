// SPDX-License-Identifier: Apache-2.0
// The order in which a person sees pictures: the service's newest, but for what was seen already.

// Return a person's list, of which the first `seen` stay, with the others as the service has them.
export function resorted(mine, seen, newest) {
  const known = new Map(newest.map((one) => [one.name, one]));
  const kept = mine.slice(0, seen).map((one) => known.get(one.name) ?? one);
  const names = new Set(kept.map(({ name }) => name));
  return [...kept, ...newest.filter(({ name }) => !names.has(name))];
}
