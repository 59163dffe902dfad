// What files say and what they are called, made fit to be shown: it may be of any length, and of letters that turn around what is written beside
// them. The report keeps it as it was.

/** On one line, and without letters that are not seen but do something. */
export function plain(text: string): string {
  return text.replace(/[\t\n\v\f\r\u0085\u2028\u2029]+/g, ' ').replace(UNSEEN, '\ufffd');
}

/** The first `most` letters, with a sign where more were. */
export function cut(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most).replace(HALF, '')}…`;
}

/** A file's name; of a long one both ends, because the last letters say what kind of file it is. */
export function shownName(name: string): string {
  const said = plain(name);
  return said.length <= MOST_OF_NAME ? said : `${said.slice(0, MOST_OF_NAME - ENDING).replace(HALF, '')}…${said.slice(-ENDING).replace(/^[\udc00-\udfff]/, '')}`;
}

/** Controls, and what sets the direction of writing for more than itself. */
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;
/** A letter beyond U+FFFF that was cut in two. */
const HALF = /[\ud800-\udbff]$/;
const MOST_OF_NAME = 80;
const ENDING = 16;
