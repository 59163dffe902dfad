// Firefox for tests, driven over WebDriver BiDi.

import { launch as start } from 'puppeteer-core';

import { firefox } from './setup.mjs';

/** Opens Firefox. It asks nobody for updates, safe browsing lists or experiments. */
export function launch({ preferences = {} } = {}) {
  const executablePath = firefox();
  if (executablePath === undefined) throw new Error('no Firefox: npm test installs one, or says how');
  return start({ browser: 'firefox', executablePath, headless: true, extraPrefsFirefox: { ...QUIET, ...preferences } });
}

const QUIET = {
  'app.update.enabled': false,
  'browser.safebrowsing.downloads.enabled': false,
  'browser.safebrowsing.malware.enabled': false,
  'browser.safebrowsing.phishing.enabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'services.settings.server': 'data:,',
  'toolkit.telemetry.enabled': false,
};
