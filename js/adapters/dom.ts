// What the browser says of nodes, whatever a page calls its controls: a form whose control is named `nodeName` or `submit` shows that
// control in place of its own property, and so does a document with its forms and pictures. Here the prototypes are asked.

export type View = Window & typeof globalThis;

/** By name, not `instanceof`: elements may be of another frame. */
export function isElement<N extends 'FORM' | 'INPUT' | 'BUTTON'>(target: unknown, name: N): target is HTMLElementTagNameMap[Lowercase<N>] {
  return isNode(target) && read<string>('Node', 'nodeName', target).toUpperCase() === name;
}

export function isNode(target: unknown): target is Node {
  try {
    // The browser's getter refuses whatever is no node.
    return typeof target === 'object' && target !== null && typeof read<number>('Node', 'nodeType', target) === 'number';
  } catch {
    return false;
  }
}

export function isElementNode(node: Node): node is Element {
  return read<number>('Node', 'nodeType', node) === ELEMENT;
}

/** The window in which `node` is; none in a template, or in a document that is nobody's page. */
export function viewOf(node: Node): View | undefined {
  const document = read<number>('Node', 'nodeType', node) === DOCUMENT ? node : read<Document>('Node', 'ownerDocument', node);
  return read<View | null>('Document', 'defaultView', document) ?? undefined;
}

/** The roots of the trees that `node` lies in, from its own outwards: shadow trees, then the document; or a tree that is in no document. */
export function rootsOf(node: Node): Node[] {
  const roots: Node[] = [];
  for (let next: Node | null = node; next !== null; ) {
    const root: Node = call<Node>('Node', 'getRootNode', next);
    roots.push(root);
    next = hostOf(root);
  }
  return roots;
}

/** `node` and all that it lies in, shadow trees' hosts too. */
export function ancestors(node: Node): Node[] {
  const line: Node[] = [];
  for (let next: Node | null = node; next !== null; ) {
    line.push(next);
    const parent: Node | null = read<Node | null>('Node', 'parentNode', next);
    next = parent ?? hostOf(next);
  }
  return line;
}

/** The element whose shadow tree has this root. */
function hostOf(root: Node): Element | null {
  const isFragment = read<number>('Node', 'nodeType', root) === DOCUMENT_FRAGMENT;
  // Other fragments have none, and say so by an error where they are asked.
  return isFragment && 'host' in root ? read<Element>('ShadowRoot', 'host', root) : null;
}

export function isConnected(node: Node): boolean {
  return read<boolean>('Node', 'isConnected', node);
}

/** A form's controls, wherever they lie. */
export function controls(form: HTMLFormElement): Element[] {
  return [...read<HTMLFormControlsCollection>('HTMLFormElement', 'elements', form)];
}

export function attribute(element: Element, name: string): string | null {
  return call<string | null>('Element', 'getAttribute', element, name);
}

/** The elements in `element` that `selector` names. */
export function within<E extends Element>(element: Element, selector: string): E[] {
  return [...call<NodeListOf<E>>('Element', 'querySelectorAll', element, selector)];
}

export function listen(target: EventTarget, type: string, listener: (event: never) => void, options: AddEventListenerOptions): void {
  call('EventTarget', 'addEventListener', target, type, listener, options);
}

export function unlisten(target: EventTarget, type: string, listener: (event: never) => void): void {
  call('EventTarget', 'removeEventListener', target, type, listener);
}

type Owner = 'Node' | 'ShadowRoot' | 'Document' | 'Element' | 'EventTarget' | 'HTMLFormElement';

/** Any window's getter reads the nodes of all windows. */
function read<T>(owner: Owner, name: string, of: unknown): T {
  return Object.getOwnPropertyDescriptor(window[owner].prototype, name)?.get?.call(of) as T;
}

function call<T>(owner: Owner, name: string, of: unknown, ...args: unknown[]): T {
  return (Reflect.get(window[owner].prototype, name) as (...args: unknown[]) => T).apply(of, args);
}

const ELEMENT = 1;
const DOCUMENT = 9;
const DOCUMENT_FRAGMENT = 11;
