// Follows a pointer from press to release.

import type { Point } from '../geometry.js';
import type { Frame } from './frame.js';

/** Distances are px of the picture, and nothing until the hand has clearly moved. A gesture that is broken off ends where it began. */
export function gesture(frame: Frame, start: PointerEvent, move: (by: Point, event: PointerEvent) => void, end: (by: Point, event: PointerEvent) => void): void {
  const from = frame.at(start);
  let meant = false;
  const by = (event: PointerEvent): Point => {
    meant ||= Math.hypot(event.clientX - start.clientX, event.clientY - start.clientY) >= SLIP_PX;
    const to = frame.at(event);
    return meant ? { x: to.x - from.x, y: to.y - from.y } : { x: 0, y: 0 };
  };
  const stop = new AbortController();
  // Captured by what was pressed: that is where the click goes.
  const holder = start.currentTarget instanceof HTMLElement ? start.currentTarget : frame.sheet;
  holder.setPointerCapture(start.pointerId);
  const ours = (then: (event: PointerEvent) => void) => (event: PointerEvent): void => {
    if (event.pointerId === start.pointerId) then(event);
  };
  holder.addEventListener('pointermove', ours((event) => move(by(event), event)), stop);
  holder.addEventListener('pointerup', ours((event) => (stop.abort(), end(by(event), event))), stop);
  holder.addEventListener('pointercancel', ours((event) => (stop.abort(), end({ x: 0, y: 0 }, event))), stop);
}

/** A shorter drag is a click that slipped; px on the screen. */
const SLIP_PX = 4;
