// What the service worker tells the pages that it serves, and what they may ask of it.

/** From the service worker. */
export type Told =
  /** A request of a page or a worker was answered from the copy on this device. */
  | { readonly kind: 'answered'; readonly path: string }
  /** One of our files was not on this device, and was asked of the network. */
  | { readonly kind: 'fetched'; readonly url: string }
  /** Something was asked for that is none of our files; it went nowhere. */
  | { readonly kind: 'refused'; readonly url: string }
  /** The host sends a file of ours with other bytes than the build gave it. */
  | { readonly kind: 'foreign'; readonly path: string }
  /** The new version waits: another page of ours is open, and must not have its files changed under it. */
  | { readonly kind: 'not-alone' };

/** To the service worker. */
export type Asked =
  /** To one that waits: become the active one, if nobody else would be disturbed. */
  | { readonly kind: 'take-over' }
  /** To the active one: stand before this page, which was loaded past it. */
  | { readonly kind: 'stand-here' };
