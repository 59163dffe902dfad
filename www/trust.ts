// Which scripts may start here. The page's policy lets nothing become a script, a worker or a service worker unless the policy that is made here
// says yes, and lets nobody make another; so whatever else gets to run in the page can start none, and put nothing into an address of one.

/** Called before anything is started. Browsers that do not know it have the rest of the policy. */
export function trustOwnScripts(): void {
  const factory: unknown = Reflect.get(globalThis, 'trustedTypes');
  if (!isFactory(factory)) return;
  const own = new Set(OWN.map((name) => new URL(name, import.meta.url).href));
  factory.createPolicy('default', { createScriptURL: (address) => (own.has(new URL(address, document.baseURI).href) ? address : undefined) });
}

/** The part of `TrustedTypePolicyFactory` that we use. */
interface Factory {
  createPolicy(name: string, rules: { createScriptURL: (address: string) => string | undefined }): unknown;
}

function isFactory(value: unknown): value is Factory {
  return typeof value === 'object' && value !== null && 'createPolicy' in value;
}

const OWN = ['worker.js', 'checker.js', 'sw.js'];
