// Says in plain words what a photo gave away. The report has one entry for each field of each block; here they become a few
// things that a person knows, the gravest first.

import type { MetadataKind, Report } from 'darkslide';

type Finding = Report['removed'][number];

export interface Leak {
  readonly id: string;
  /** The name of its symbol in index.html. */
  readonly icon: string;
  readonly title: string;
  /** What it said, as far as that can be read. */
  readonly values: readonly string[];
  /** What it means. */
  readonly why: string;
}

/** What `removed` says about a person, the gravest first. */
export function leaks(removed: readonly Finding[]): Leak[] {
  const sorted = new Map<Topic, Finding[]>();
  for (const finding of removed) {
    // A colour profile has makers and dates of its own, which say nothing about the photo's.
    const topic = TOPICS.find(({ id, holds }) => (finding.kind === 'icc' ? id === 'colour' : holds(finding, leaf(finding.path))));
    if (topic !== undefined) sorted.set(topic, [...(sorted.get(topic) ?? []), finding]);
  }
  return TOPICS.filter((topic) => sorted.has(topic)).map((topic) => {
    const { id, icon, title, why, tell = plainValues } = topic;
    return { id, icon, title, why, values: tell(sorted.get(topic) ?? []) };
  });
}

interface Topic extends Omit<Leak, 'values'> {
  /** The first topic that holds a finding has it. */
  holds: (finding: Finding, leaf: string) => boolean;
  tell?: (findings: readonly Finding[]) => string[];
}

const TOPICS: readonly Topic[] = [
  {
    id: 'place',
    icon: 'pin',
    title: 'Where it was taken',
    why: 'Good to a few metres. It leads to a home, a school, a place of work.',
    holds: ({ kind }, leaf) => kind === 'gps' || /^(GPS|.*:GPS|City|.*:City|Sub-?location|.*:Location|Country|.*:Country|.*:State|Province)/i.test(leaf),
    tell: places,
  },
  {
    id: 'ai',
    icon: 'spark',
    title: 'The prompt of an AI picture',
    why: 'What was asked for, and often with which model and settings.',
    holds: ({ value }, leaf) => /^(parameters|prompt|workflow|negative_prompt|sd-metadata|invokeai.*|dream|generation_data)$/i.test(leaf) || (leaf === 'UserComment' && /Steps: \d+/.test(value ?? '')),
  },
  {
    id: 'people',
    icon: 'person',
    title: 'Names of people',
    why: 'Who owns the camera, who took the photo, who is in it.',
    holds: (_, leaf) =>
      /(OwnerName|Artist|Copyright|Author|By-line|Creator$|creator$|rights$|Credit|Writer|PersonInImage|PersonDisplayName|RegionName|mwg-rs:Name|Contact|XPAuthor|UserName)/.test(leaf) && !/CreatorTool/.test(leaf),
  },
  {
    id: 'second',
    icon: 'stack',
    title: 'A hidden second picture',
    why: 'A whole other picture in the same file, which nobody sees. Faces in it are not covered.',
    holds: ({ kind }) => kind === 'multi-picture',
    tell: sizes,
  },
  {
    id: 'motion',
    icon: 'film',
    title: 'A hidden video',
    why: 'The seconds around the photo, often with sound.',
    holds: ({ kind }) => kind === 'motion',
    tell: sizes,
  },
  {
    id: 'thumbnail',
    icon: 'thumb',
    title: 'A small copy of the picture',
    why: 'Made when the photo was taken: it shows what was cropped or covered later.',
    holds: ({ kind }) => kind === 'thumbnail',
    tell: sizes,
  },
  {
    id: 'depth',
    icon: 'stack',
    title: 'A depth map',
    why: 'The shapes of the people in the picture, faces too.',
    holds: ({ kind }) => kind === 'depth',
    tell: sizes,
  },
  {
    id: 'time',
    icon: 'clock',
    title: 'When it was taken',
    why: 'With a place or a face, it says where somebody was at that moment.',
    holds: ({ kind }, leaf) => kind === 'time' || /(Date|Time)/.test(leaf.replace('ExposureTime', '')),
    tell: times,
  },
  {
    id: 'serial',
    icon: 'tag',
    title: 'Serial numbers',
    why: 'The same number is in every photo of this camera or lens, and ties them all together.',
    holds: (_, leaf) => /(Serial|ImageUniqueID|ImageNumber|CameraID|DocumentID|InstanceID|ShutterCount|UniqueCameraModel|ContentIdentifier)/i.test(leaf),
  },
  {
    id: 'maker',
    icon: 'tag',
    title: "The camera maker's private notes",
    why: 'Undocumented. They often hold serial numbers, where faces are, and how many photos the camera has taken.',
    holds: ({ kind }) => kind === 'maker-note',
  },
  {
    id: 'camera',
    icon: 'camera',
    title: 'Camera and lens',
    why: 'A rare camera points to its owner.',
    holds: (_, leaf) => /^(Make|Model|.*LensModel|.*LensMake|LensInfo|HostComputer|.*:Make|.*:Model|.*:Lens|DeviceSettingDescription)$/.test(leaf),
  },
  {
    id: 'software',
    icon: 'pen',
    title: 'Software and editing history',
    why: 'With what it was edited, and what was done to it.',
    holds: (_, leaf) => /(Software|CreatorTool|History|ProcessingSoftware|Program$|DerivedFrom|Producer)/i.test(leaf) && leaf !== 'ExposureProgram',
  },
  {
    id: 'description',
    icon: 'text',
    title: 'Descriptions and comments',
    why: 'Titles, captions, keywords: notes that were made for somebody else.',
    holds: ({ kind }, leaf) =>
      kind === 'comment' || (kind === 'text' && !/^exif:/i.test(leaf)) || /(description|caption|title|subject|keyword|comment|headline|label|rating|DocumentName|ObjectName|FileName|Instructions)/i.test(leaf),
  },
  {
    id: 'credentials',
    icon: 'seal',
    title: 'Content credentials (C2PA)',
    why: 'A signed history of the picture. It can name the maker, the device and the time.',
    holds: ({ kind }) => kind === 'c2pa',
    tell: nothing,
  },
  {
    id: 'gain',
    icon: 'stack',
    title: 'An HDR layer',
    why: 'A second picture that brightens the first. It shows faces too, and is not covered. The photo may look less bright without it.',
    holds: ({ kind }) => kind === 'gain-map',
    tell: sizes,
  },
  {
    id: 'trailer',
    icon: 'dots',
    title: 'Bytes behind the end of the picture',
    why: 'No viewer shows them. Phones and apps put whole pictures there.',
    holds: ({ kind }) => kind === 'trailer',
    tell: sizes,
  },
  {
    id: 'settings',
    icon: 'camera',
    title: 'Camera settings',
    why: 'Exposure, focal length, flash. Harmless one by one, telling together.',
    holds: ({ kind }, leaf) =>
      /^(exif|text)$/.test(kind) && /(Exposure|FNumber|ISO|Aperture|Shutter|Brightness|Metering|LightSource|Flash|FocalLength|Focal|White|Sensing|Scene|Contrast|Saturation|Sharpness|Gain|Subject|DigitalZoom|CustomRendered|SensitivityType|Sensitivity)/.test(leaf),
    tell: nothing,
  },
  {
    id: 'colour',
    icon: 'dots',
    title: 'Names and dates in the colour profile',
    why: 'Some profiles name the screen or the program. The colours stay as they are.',
    holds: () => false,
    tell: nothing,
  },
  {
    id: 'other',
    icon: 'dots',
    title: 'Other technical data',
    why: 'Nothing of it is needed to show the picture.',
    holds: () => true,
    tell: nothing,
  },
];

/** What the findings say, each once, the longest cut. Blocks that hold other findings say nothing themselves. */
function plainValues(findings: readonly Finding[]): string[] {
  const values = findings.map(({ value }) => value?.trim() ?? '').filter((value) => value !== '');
  const distinct = [...new Set(values)];
  const shown = distinct.slice(0, MOST_VALUES).map((value) => (value.length > MOST_LETTERS ? `${value.slice(0, MOST_LETTERS)}…` : value));
  return distinct.length > MOST_VALUES ? [...shown, `and ${distinct.length - MOST_VALUES} more`] : shown;
}

function nothing(): string[] {
  return [];
}

function places(findings: readonly Finding[]): string[] {
  const number = (name: RegExp): number | undefined => {
    const value = findings.find(({ path }) => name.test(leaf(path)))?.value ?? '';
    const parsed = value.trim() === '' ? Number.NaN : Number(value);
    return Number.isFinite(parsed) ? parsed : undefined;
  };
  const coordinate = (name: string): number | undefined => number(new RegExp(`^${name}$`)) ?? xmpDegrees(findings.find(({ path }) => leaf(path) === `exif:${name}`)?.value ?? '');
  const [latitude, longitude] = [coordinate('GPSLatitude'), coordinate('GPSLongitude')];
  const height = number(/^GPSAltitude$/);
  const names = findings.filter(({ path }) => !/GPS/.test(path));
  return [
    ...(latitude === undefined || longitude === undefined ? [] : [`${degrees(latitude, 'N', 'S')}, ${degrees(longitude, 'E', 'W')}`]),
    ...(height === undefined || height === 0 ? [] : [`${Math.round(height)} m above the sea`.replace(/^-(\d+) m above/, '$1 m below')]),
    ...plainValues(names),
  ];
}

/** XMP writes `51,30.2N` or `51,30,12N`. */
function xmpDegrees(text: string): number | undefined {
  const parts = /^(\d+),(\d+(?:\.\d+)?)(?:,(\d+(?:\.\d+)?))?([NSEW])$/.exec(text.trim());
  if (parts === null) return undefined;
  const [whole = 0, minutes = 0, seconds = 0] = parts.slice(1, 4).map((part) => Number(part ?? 0));
  return (whole + minutes / 60 + seconds / 3600) * (/[SW]/.test(parts[4] ?? '') ? -1 : 1);
}

function degrees(value: number, positive: string, negative: string): string {
  return `${Math.abs(value).toFixed(5)}° ${value < 0 ? negative : positive}`;
}

function times(findings: readonly Finding[]): string[] {
  const rank = ({ path }: Finding): number => (/DateTimeOriginal/.test(path) ? 0 : /CreateDate|DateCreated/.test(path) ? 1 : 2);
  const dated = [...findings].sort((a, b) => rank(a) - rank(b)).flatMap(({ value }) => moment(value ?? '') ?? []);
  return plainValues(dated.map((value) => ({ kind: 'time', path: '', bytes: 0, value })));
}

/** `2024:05:18 09:42:10` and its like as a person writes it. */
function moment(text: string): string | undefined {
  const parts = /^(\d{4})[:-](\d\d)[:-](\d\d)(?:[T ](\d\d):(\d\d))?/.exec(text.trim());
  if (parts === null) return undefined;
  const [year, month, day, hour, minute] = parts.slice(1).map(Number);
  const date = new Date(Date.UTC(year ?? 0, (month ?? 1) - 1, day ?? 1, hour ?? 0, minute ?? 0));
  const clock: Intl.DateTimeFormatOptions = parts[4] === undefined ? {} : { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' };
  return new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC', ...clock }).format(date);
}

/** How large the largest of the findings is: smaller ones are parts of it. */
function sizes(findings: readonly Finding[]): string[] {
  return [fileSize(Math.max(...findings.map(({ bytes }) => bytes)))];
}

export function fileSize(bytes: number): string {
  if (bytes < 1000) return `${bytes} bytes`;
  return bytes < 1e6 ? `${Math.round(bytes / 1000)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

export function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}

/** Whether a warning of the report concerns the photo. Which processor did the work does not. */
export function concernsPhoto(warning: string): boolean {
  return !/\bGPU\b/.test(warning);
}

/** The last part of a path: the field. */
function leaf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** A kind in words, for the technical list. */
export function kindName(kind: MetadataKind): string {
  return kind.replace('-', ' ');
}

const MOST_VALUES = 4;
const MOST_LETTERS = 160;
