// Says in plain words what a photo gave away. The report has one entry for each field of each block; here they become a few
// things that a person knows, the gravest first.

import type { MetadataKind, Report } from 'darkslide';

import { cut, plain } from './said.js';
import { fileSize, words } from './words/index.js';
import type { Words } from './words/index.js';

export type Finding = Report['removed'][number];

export interface Leak {
  readonly id: keyof Words['leaks'];
  /** The name of its symbol in index.html. */
  readonly icon: string;
  readonly title: string;
  /** What it said, as far as that can be read. */
  readonly values: readonly string[];
  /** What it means. */
  readonly why: string;
  readonly findings: readonly Finding[];
}

/** A position in degrees, north and east above zero. */
export interface Place {
  readonly latitude: number;
  readonly longitude: number;
}

/** What `removed` says about a person, the gravest first. */
export function leaks(removed: readonly Finding[]): Leak[] {
  const sorted = new Map<Topic, Finding[]>();
  for (const finding of removed) {
    // A colour profile has makers and dates of its own, which say nothing about the photo's.
    const topic = TOPICS.find(({ id, holds }) => (finding.kind === 'icc' ? id === 'colour' : holds(finding, leaf(finding.path))));
    if (topic === undefined) continue;
    const others = sorted.get(topic);
    if (others === undefined) sorted.set(topic, [finding]);
    else others.push(finding);
  }
  return TOPICS.filter((topic) => sorted.has(topic)).map((topic) => {
    const { id, icon, tell = plainValues } = topic;
    const findings = sorted.get(topic) ?? [];
    return { id, icon, ...words().leaks[id], values: tell(findings), findings };
  });
}

interface Topic extends Pick<Leak, 'id' | 'icon'> {
  /** The first topic that holds a finding has it. */
  holds: (finding: Finding, leaf: string) => boolean;
  tell?: (findings: readonly Finding[]) => string[];
}

const TOPICS: readonly Topic[] = [
  {
    id: 'place',
    icon: 'pin',
    holds: ({ kind }, leaf) => kind === 'gps' || /^(GPS|.*:GPS|City|.*:City|Sub-?location|.*:Location|Country|.*:Country|.*:State|Province)/i.test(leaf),
    tell: places,
  },
  {
    id: 'ai',
    icon: 'spark',
    holds: ({ value }, leaf) => /^(parameters|prompt|workflow|negative_prompt|sd-metadata|invokeai.*|dream|generation_data)$/i.test(leaf) || (leaf === 'UserComment' && /Steps: \d+/.test(value ?? '')),
  },
  {
    id: 'people',
    icon: 'person',
    holds: (_, leaf) =>
      /(OwnerName|Artist|Copyright|Author|By-line|Creator$|creator$|rights$|Credit|Writer|PersonInImage|PersonDisplayName|RegionName|mwg-rs:Name|Contact|XPAuthor|UserName)/.test(leaf) && !/CreatorTool/.test(leaf),
  },
  {
    id: 'second',
    icon: 'stack',
    holds: ({ kind }) => kind === 'multi-picture',
    tell: sizes,
  },
  {
    id: 'motion',
    icon: 'film',
    holds: ({ kind }) => kind === 'motion',
    tell: sizes,
  },
  {
    id: 'thumbnail',
    icon: 'thumb',
    holds: ({ kind }) => kind === 'thumbnail',
    tell: sizes,
  },
  {
    id: 'depth',
    icon: 'stack',
    holds: ({ kind }) => kind === 'depth',
    tell: sizes,
  },
  {
    id: 'time',
    icon: 'clock',
    holds: ({ kind }, leaf) => kind === 'time' || /(Date|Time)/.test(leaf.replace('ExposureTime', '')),
    tell: times,
  },
  {
    id: 'serial',
    icon: 'tag',
    holds: (_, leaf) => /(Serial|ImageUniqueID|ImageNumber|CameraID|DocumentID|InstanceID|ShutterCount|UniqueCameraModel|ContentIdentifier)/i.test(leaf),
  },
  {
    id: 'maker',
    icon: 'tag',
    holds: ({ kind }) => kind === 'maker-note',
  },
  {
    id: 'camera',
    icon: 'camera',
    holds: (_, leaf) => /^(Make|Model|.*LensModel|.*LensMake|LensInfo|HostComputer|.*:Make|.*:Model|.*:Lens|DeviceSettingDescription)$/.test(leaf),
  },
  {
    id: 'software',
    icon: 'pen',
    holds: (_, leaf) => /(Software|CreatorTool|History|ProcessingSoftware|Program$|DerivedFrom|Producer)/i.test(leaf) && leaf !== 'ExposureProgram',
  },
  {
    id: 'description',
    icon: 'text',
    holds: ({ kind }, leaf) =>
      kind === 'comment' || (kind === 'text' && !/^exif:/i.test(leaf)) || /(description|caption|title|subject|keyword|comment|headline|label|rating|DocumentName|ObjectName|FileName|Instructions)/i.test(leaf),
  },
  {
    id: 'credentials',
    icon: 'seal',
    holds: ({ kind }) => kind === 'c2pa',
    tell: nothing,
  },
  {
    id: 'gain',
    icon: 'stack',
    holds: ({ kind }) => kind === 'gain-map',
    tell: sizes,
  },
  {
    id: 'trailer',
    icon: 'dots',
    holds: ({ kind }) => kind === 'trailer',
    tell: sizes,
  },
  {
    id: 'settings',
    icon: 'camera',
    holds: ({ kind }, leaf) =>
      /^(exif|text)$/.test(kind) && /(Exposure|FNumber|ISO|Aperture|Shutter|Brightness|Metering|LightSource|Flash|FocalLength|Focal|White|Sensing|Scene|Contrast|Saturation|Sharpness|Gain|Subject|DigitalZoom|CustomRendered|SensitivityType|Sensitivity)/.test(leaf),
    tell: nothing,
  },
  {
    id: 'colour',
    icon: 'dots',
    holds: () => false,
    tell: nothing,
  },
  {
    id: 'other',
    icon: 'dots',
    holds: () => true,
    tell: nothing,
  },
];

/** What the findings say, each once, the longest cut. Blocks that hold other findings say nothing themselves. */
function plainValues(findings: readonly Finding[]): string[] {
  const values = findings.map(({ value }) => value?.trim() ?? '').filter((value) => value !== '');
  const distinct = [...new Set(values)];
  const shown = distinct.slice(0, MOST_VALUES).map((value) => cut(plain(value), MOST_LETTERS));
  return distinct.length > MOST_VALUES ? [...shown, words().findings.more(new Intl.NumberFormat(words().locale).format(distinct.length - MOST_VALUES))] : shown;
}

function nothing(): string[] {
  return [];
}

function places(findings: readonly Finding[]): string[] {
  const place = placeOf(findings);
  const height = number(findings, /^GPSAltitude$/);
  const names = findings.filter(({ path }) => !/GPS/.test(path));
  return [...(place === undefined ? [] : [coordinates(place)]), ...(height === undefined || height === 0 ? [] : [altitude(height)]), ...plainValues(names)];
}

/** Where the findings say that the photo was taken. */
export function placeOf(findings: readonly Finding[]): Place | undefined {
  const coordinate = (name: string): number | undefined => number(findings, new RegExp(`^${name}$`)) ?? xmpDegrees(findings.find(({ path }) => leaf(path) === `exif:${name}`)?.value ?? '');
  const [latitude, longitude] = [coordinate('GPSLatitude'), coordinate('GPSLongitude')];
  return latitude === undefined || longitude === undefined ? undefined : { latitude, longitude };
}

export function coordinates({ latitude, longitude }: Place): string {
  const { north, south, east, west } = words().findings;
  return `${degrees(latitude, north, south)}, ${degrees(longitude, east, west)}`;
}

function altitude(metres: number): string {
  const { above, below } = words().findings;
  const rounded = new Intl.NumberFormat(words().locale).format(Math.abs(Math.round(metres)));
  return metres < 0 ? below(rounded) : above(rounded);
}

function number(findings: readonly Finding[], name: RegExp): number | undefined {
  const value = findings.find(({ path }) => name.test(leaf(path)))?.value ?? '';
  const parsed = value.trim() === '' ? Number.NaN : Number(value);
  return Number.isFinite(parsed) ? parsed : undefined;
}

/** XMP writes `51,30.2N` or `51,30,12N`. */
function xmpDegrees(text: string): number | undefined {
  const parts = /^(\d+),(\d+(?:\.\d+)?)(?:,(\d+(?:\.\d+)?))?([NSEW])$/.exec(text.trim());
  if (parts === null) return undefined;
  const [whole = 0, minutes = 0, seconds = 0] = parts.slice(1, 4).map((part) => Number(part ?? 0));
  return (whole + minutes / 60 + seconds / 3600) * (/[SW]/.test(parts[4] ?? '') ? -1 : 1);
}

function degrees(value: number, positive: string, negative: string): string {
  const shown = new Intl.NumberFormat(words().locale, { minimumFractionDigits: 5, maximumFractionDigits: 5 }).format(Math.abs(value));
  return `${shown}° ${value < 0 ? negative : positive}`;
}

function times(findings: readonly Finding[]): string[] {
  const rank = ({ path }: Finding): number => (/DateTimeOriginal/.test(path) ? 0 : /CreateDate|DateCreated/.test(path) ? 1 : 2);
  const dated = [...findings].sort((a, b) => rank(a) - rank(b)).flatMap(({ value }) => moment(value ?? '') ?? []);
  return plainValues(dated.map((value) => ({ kind: 'time', path: '', bytes: 0, value })));
}

/** `2024:05:18 09:42:10` and its like as a person writes it. */
export function moment(text: string): string | undefined {
  const parts = /^(\d{4})[:-](\d\d)[:-](\d\d)(?:[T ](\d\d):(\d\d))?/.exec(text.trim());
  if (parts === null) return undefined;
  const [year, month, day, hour, minute] = parts.slice(1).map(Number);
  const date = new Date(Date.UTC(year ?? 0, (month ?? 1) - 1, day ?? 1, hour ?? 0, minute ?? 0));
  const clock: Intl.DateTimeFormatOptions = parts[4] === undefined ? {} : { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' };
  return new Intl.DateTimeFormat(words().locale, { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC', ...clock }).format(date);
}

/** How large the largest of the findings is: smaller ones are parts of it. */
function sizes(findings: readonly Finding[]): string[] {
  // One by one: so many arguments as there may be findings, no function takes.
  return [fileSize(findings.reduce((most, { bytes }) => Math.max(most, bytes), 0))];
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
/** What one finding says, in a line or two. */
export const MOST_LETTERS = 160;
