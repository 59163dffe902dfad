// Anybody can write an address. What it asks for that would cover less or keep more is asked about, and not done until a person says yes.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';

import { createScrubber } from 'darkslide';

import { finished, openPage, pick, SAMPLE, save, tabTo } from './page.mjs';

const HOSTILE = '#look=off&keep=copyright.date.place';

let scrubber;
before(async () => (scrubber = await createScrubber()));
after(() => scrubber.close());

const faces = async (bytes) => (await scrubber.inspect(bytes)).facesDetected;

/** Brings the sample as a person would who follows a link: by hand, dropped, or pasted. */
async function bring(page, way) {
  if (way === 'chosen') return await pick(page, SAMPLE);
  await page.evaluate(
    async ([type, base64]) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))], 'a.jpg', { type: 'image/jpeg' }));
      const init = { bubbles: true, cancelable: true };
      document.body.dispatchEvent(type === 'drop' ? new DragEvent('drop', { ...init, dataTransfer: transfer }) : new ClipboardEvent('paste', { ...init, clipboardData: transfer }));
    },
    [way, readFileSync(SAMPLE).toString('base64')],
  );
}

/** Fails unless the photo on the bench has its face covered, and tells nothing. */
async function assertProtected(page) {
  await finished(page);
  const { bytes } = await save(page);
  assert.equal(await faces(bytes), 0);
  assert.doesNotMatch(await page.locator('#bench').innerText(), /What you asked to keep/);
  assert.equal((await scrubber.inspect(bytes)).kept.some(({ why }) => why === 'asked'), false);
}

for (const way of ['chosen', 'drop', 'paste']) {
  test(`a link that asks for less: a photo that is ${way === 'chosen' ? 'chosen' : way === 'drop' ? 'dropped' : 'pasted'} at once is covered all the same`, async () => {
    const { page, problems, close } = await openPage({ hash: HOSTILE });
    try {
      await bring(page, way);
      await assertProtected(page);
      const question = page.getByRole('region', { name: 'This link asks for less protection' });
      assert.match(await question.innerText(), /leave faces visible[^]*copyright notice[^]*when it was taken[^]*11 km/);
      assert.equal(await page.evaluate(() => document.elementFromPoint(innerWidth / 2, document.querySelector('#question').getBoundingClientRect().top + 20)?.closest('#question') !== null), true, 'it is in sight');
      // It says so to those who do not see it.
      assert.equal(await page.locator('[aria-live="polite"] #question').count(), 1);
      assert.deepEqual(await problems(), []);
    } finally {
      await close();
    }
  });
}

test('a person says no: it stays so, the address too', async () => {
  const { page, close } = await openPage({ hash: HOSTILE });
  try {
    await page.getByRole('button', { name: 'Keep everything covered' }).click();
    assert.equal(await page.locator('#question').isVisible(), false);
    assert.equal(await page.evaluate(() => location.hash), '');
    await page.reload();
    await page.locator('[data-engine="ready"]').waitFor({ timeout: 60_000 });
    assert.equal(await page.locator('#question').isVisible(), false);
    await pick(page, SAMPLE);
    await assertProtected(page);
  } finally {
    await close();
  }
});

test('a person says yes, with keys alone: it is done, and not asked again when the page is loaded again', async () => {
  const { page, problems, close } = await openPage({ hash: HOSTILE });
  try {
    await pick(page, SAMPLE);
    await assertProtected(page);
    await tabTo(page, 'yes', () => document.activeElement?.textContent === 'Use these settings');
    await page.keyboard.press('Enter');
    assert.equal(await page.locator('#question').isVisible(), false);
    await page.getByText('Nobody looked for faces').first().waitFor({ timeout: 30_000 });
    await finished(page);
    assert.equal(await faces((await save(page)).bytes), 1);
    assert.match(await page.locator('#bench').innerText(), /What you asked to keep: 18 May 2024 at 09:42/);
    for (const again of [1, 2]) {
      await page.reload();
      await page.locator('[data-engine="ready"]').waitFor({ timeout: 60_000 });
      assert.equal(await page.locator('#question').isVisible(), false, String(again));
      assert.equal(await page.getByRole('checkbox', { name: 'Find faces for me' }).isChecked(), false);
    }
    const stored = await page.evaluate(() => ({ local: localStorage.length, session: sessionStorage.length, cookies: document.cookie }));
    assert.deepEqual(stored, { local: 0, session: 0, cookies: '' });
    assert.deepEqual(await problems(), []);
    // The same address in another tab is a link.
    const other = await page.context().newPage();
    await other.goto(page.url());
    await other.locator('#question').waitFor();
    assert.equal(await other.getByRole('checkbox', { name: 'Find faces for me' }).isChecked(), true);
  } finally {
    await close();
  }
});

test('what was chosen by hand outlives a reload without a question', async () => {
  const { page, close } = await openPage();
  try {
    await page.getByRole('checkbox', { name: 'Find faces for me' }).uncheck();
    assert.equal(await page.evaluate(() => location.hash), '#look=off');
    await page.reload();
    await page.locator('[data-engine="ready"]').waitFor({ timeout: 60_000 });
    assert.equal(await page.getByRole('checkbox', { name: 'Find faces for me' }).isChecked(), false);
    assert.equal(await page.locator('#question').isVisible(), false);
    // Chosen back: nothing is left to be remembered.
    await page.getByRole('checkbox', { name: 'Find faces for me' }).check();
    assert.deepEqual(await page.evaluate(() => [location.hash, history.state]), ['', null]);
  } finally {
    await close();
  }
});

test('an address that changes while the page is open asks too, and a photo that is there stays covered', async () => {
  const { page, close } = await openPage();
  try {
    await pick(page, SAMPLE);
    await finished(page);
    await page.evaluate((hash) => (location.hash = hash), HOSTILE);
    await page.locator('#question').waitFor();
    await assertProtected(page);
    // The better part is taken, the rest is asked for.
    await page.evaluate(() => (location.hash = '#look=fast&side=1280&cover=fill'));
    await page.getByText('look for faces less thoroughly').waitFor();
    assert.equal(await page.getByRole('radio', { name: 'Solid' }).isChecked(), true);
    await assertProtected(page);
    // It is weaker than what holds, though it is the default.
    await page.evaluate(() => (location.hash = ''));
    await page.getByText('keep it larger').waitFor();
    assert.equal(await page.getByText('look for faces less thoroughly').count(), 0);
  } finally {
    await close();
  }
});

/** What an address may say, and what is asked about it. */
const ASKED = [
  ['look=off', /leave faces visible/],
  ['look=fast', /less thoroughly/],
  ['keep=copyright', /copyright notice/],
  ['keep=date', /when it was taken/],
  ['keep=place', /11 km/],
  ['format=png', /PNG/],
  ['format=webp', /WebP/],
  ['quality=95', /JPEG quality 95/],
  ['look=thorough&cover=fill&identity=reset&side=2048&quality=70&format=jpeg&lang=en', undefined],
  ['cover=mosaic', undefined],
  // There is no such setting here, and what there is not is not done.
  ['cover=gaussian&faces=keep&look=none&keep=all&exempt=0', undefined],
  ['look=balanced&look=off', undefined],
];

test('each setting: what weakens is asked about, what strengthens is not', { timeout: 120_000 }, async () => {
  const { page, close } = await openPage();
  try {
    for (const [hash, asked] of ASKED) {
      const other = await page.context().newPage();
      await other.goto(new URL(`#${hash}`, page.url()).href);
      await other.locator('html[lang]').waitFor();
      await other.locator('#choices summary').waitFor();
      const question = other.locator('#question');
      if (asked === undefined) assert.equal(await question.isVisible(), false, hash);
      else assert.match(await question.innerText(), asked, hash);
      assert.equal(await other.getByRole('checkbox', { name: 'Find faces for me' }).isChecked(), true, hash);
      await other.locator('#choices summary').click();
      for (const fact of ['The copyright notice', 'When it was taken', 'Roughly where']) assert.equal(await other.getByRole('checkbox', { name: fact }).isChecked(), false, hash);
      if (/thorough/.test(hash)) assert.equal(await other.getByLabel('Look for faces').inputValue(), 'harder');
      await other.close();
    }
  } finally {
    await close();
  }
});

test('in German', async () => {
  const { page, close } = await openPage({ hash: HOSTILE, locale: 'de-DE' });
  try {
    const question = page.getByRole('region', { name: 'Dieser Link verlangt weniger Schutz' });
    assert.match(await question.innerText(), /Gesichter sichtbar lassen[^]*Urheberhinweis[^]*11 km[^]*Nichts davon geschieht/);
    await page.getByRole('button', { name: 'Alles abgedeckt lassen' }).click();
    assert.equal(await question.isVisible(), false);
  } finally {
    await close();
  }
});
