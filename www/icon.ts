// Chromium asks for the icon anew whenever the address changes, and the settings are in the address: the icon is kept at hand, so that
// nothing is asked of the network.

/** Shows the page's icon out of memory from now on. */
export async function keepIcon(): Promise<void> {
  for (const link of document.querySelectorAll<HTMLLinkElement>('link[rel~="icon"]')) {
    const response = await fetch(link.href);
    if (response.ok) link.href = URL.createObjectURL(await response.blob());
  }
}
