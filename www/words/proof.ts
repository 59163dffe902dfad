// What the page says about itself: that it is kept on this device, that it asks the network for nothing, and how to check that.

export interface ProofWords {
  readonly title: string;
  readonly lead: string;
  readonly network: string;
  readonly networkCount: (requests: number) => string;
  readonly kept: string;
  readonly keptCount: (answers: number) => string;
  readonly refused: string;
  readonly refusedCount: (requests: number) => string;
  readonly starting: string;
  readonly watchers: string;
  readonly watching: (withGuard: boolean) => string;
  readonly guard: string;
  readonly guardIs: { readonly keeping: string; readonly kept: string; readonly notKept: (why: string) => string };
  readonly engine: string;
  readonly engineIs: (published: boolean, version: string) => string;
  readonly engineUnknown: string;
  readonly list: string;
  readonly checkTitle: string;
  readonly check: readonly string[];
  readonly blindTitle: string;
  readonly blind: string;
  readonly install: string;
  readonly installHow: string;
  readonly installByHand: string;
  readonly update: string;
  readonly updateTake: string;
  readonly updateNotAlone: string;
}

const en: ProofWords = {
  title: 'Silent, and you can check it',
  lead: 'Since this page was ready, it and its workers have asked the network for',
  network: 'Asked of the network',
  networkCount: (requests) => (requests === 0 ? 'nothing' : requests === 1 ? '1 file: see below' : `${requests} files: see below`),
  kept: 'Answered from this device',
  keptCount: (answers) => (answers === 1 ? '1 time, with the page’s own files' : `${answers} times, with the page’s own files`),
  refused: 'Forbidden and stopped',
  refusedCount: (requests) => (requests === 0 ? 'nothing was tried' : requests === 1 ? '1 attempt' : `${requests} attempts`),
  starting: 'counting begins when all is loaded',
  watchers: 'Who counts',
  watching: (withGuard) => (withGuard ? 'The browser’s list of what was loaded, its alarm for forbidden requests, and the service worker, through which all requests pass.' : 'The browser’s list of what was loaded and its alarm for forbidden requests; they see the page, not its worker.'),
  guard: 'Works without network',
  guardIs: {
    keeping: 'not yet: the files are being put on this device',
    kept: 'yes: all files are on this device, only code and never a photo',
    notKept: (why) => `only until the page is closed (${why})`,
  },
  engine: 'The program that sees your photos',
  engineIs: (published, version) => (published ? `darkslide.wasm, the very file of version ${version}. Its SHA-384:` : `darkslide.wasm, but NOT the file of version ${version}. Do not use this page. Its SHA-384:`),
  engineUnknown: 'darkslide.wasm; this browser computes no hash here',
  list: 'The list of all files’ hashes, as published with the package',
  checkTitle: 'Do not take our word',
  check: [
    'Switch to flight mode now. Everything goes on working: choose, cover, save. Then close the page, and only then switch the network on again.',
    'Or open the developer tools (F12), tab Network, and clean a photo: whatever appears there begins with blob: and is on this device.',
    'Compare the hash below with integrity.json of the package on npm.',
  ],
  blindTitle: 'What this counter cannot see:',
  blind: 'the browser’s own traffic, extensions, and other programs. When you open the page, the browser asks this site whether there is a newer version (sw.js); nothing about you or your photos is in that.',
  install: 'Install',
  installHow: 'Install darkslide like an app: it opens without network, and photos can be opened with it.',
  installByHand: 'On an iPhone or iPad: Share, then “Add to Home Screen”. In other browsers: the menu, then “Install”.',
  update: 'A newer version of darkslide is on this device. This page goes on with the old one until you load it again; save your photos first.',
  updateTake: 'Load the new version',
  updateNotAlone: 'darkslide is open in another tab or window. Close that first.',
};

const de: ProofWords = {
  title: 'Still, und du kannst es nachprüfen',
  lead: 'Seit diese Seite bereit ist, haben sie und ihre Helfer vom Netz verlangt:',
  network: 'Vom Netz verlangt',
  networkCount: (requests) => (requests === 0 ? 'nichts' : requests === 1 ? '1 Datei: siehe unten' : `${requests} Dateien: siehe unten`),
  kept: 'Von diesem Gerät beantwortet',
  keptCount: (answers) => (answers === 1 ? '1-mal, mit eigenen Dateien der Seite' : `${answers}-mal, mit eigenen Dateien der Seite`),
  refused: 'Verboten und aufgehalten',
  refusedCount: (requests) => (requests === 0 ? 'nichts wurde versucht' : requests === 1 ? '1 Versuch' : `${requests} Versuche`),
  starting: 'gezählt wird, sobald alles geladen ist',
  watchers: 'Wer zählt',
  watching: (withGuard) => (withGuard ? 'Die Liste des Browsers über alles Geladene, sein Alarm für verbotene Anfragen und der Service Worker, durch den alle Anfragen gehen.' : 'Die Liste des Browsers über alles Geladene und sein Alarm für verbotene Anfragen; sie sehen die Seite, nicht ihren Helfer.'),
  guard: 'Geht ohne Netz',
  guardIs: {
    keeping: 'noch nicht: die Dateien werden auf dieses Gerät gelegt',
    kept: 'ja: alle Dateien liegen auf diesem Gerät, nur Code und nie ein Foto',
    notKept: (why) => `nur bis die Seite geschlossen wird (${why})`,
  },
  engine: 'Das Programm, das deine Fotos sieht',
  engineIs: (published, version) => (published ? `darkslide.wasm, genau die Datei der Version ${version}. Ihr SHA-384:` : `darkslide.wasm, aber NICHT die Datei der Version ${version}. Benutze diese Seite nicht. Ihr SHA-384:`),
  engineUnknown: 'darkslide.wasm; dieser Browser berechnet hier keinen Hash',
  list: 'Die Liste der Hashes aller Dateien, wie mit dem Paket veröffentlicht',
  checkTitle: 'Glaub uns nicht einfach',
  check: [
    'Schalte jetzt den Flugmodus ein. Alles geht weiter: wählen, abdecken, sichern. Schließ dann die Seite, und schalte erst danach das Netz wieder ein.',
    'Oder öffne die Entwicklerwerkzeuge (F12), Reiter „Netzwerk“, und säubere ein Foto: was dort erscheint, beginnt mit blob: und liegt auf diesem Gerät.',
    'Vergleiche den Hash unten mit integrity.json des Pakets auf npm.',
  ],
  blindTitle: 'Was dieser Zähler nicht sehen kann:',
  blind: 'was der Browser selbst sendet, Erweiterungen und andere Programme. Wenn du die Seite öffnest, fragt der Browser bei ihr nach einer neueren Fassung (sw.js); über dich und deine Fotos steht darin nichts.',
  install: 'Installieren',
  installHow: 'Installiere darkslide wie eine App: es öffnet sich ohne Netz, und Fotos lassen sich damit öffnen.',
  installByHand: 'Auf iPhone oder iPad: „Teilen“, dann „Zum Home-Bildschirm“. In anderen Browsern: das Menü, dann „Installieren“.',
  update: 'Eine neuere Fassung von darkslide liegt auf diesem Gerät. Diese Seite bleibt bei der alten, bis du sie neu lädst; sichere vorher deine Fotos.',
  updateTake: 'Neue Fassung laden',
  updateNotAlone: 'darkslide ist noch in einem anderen Tab oder Fenster offen. Schließ das zuerst.',
};

/** In the language that the page has now. */
export function proofWords(): ProofWords {
  return document.documentElement.lang === 'de' ? de : en;
}
