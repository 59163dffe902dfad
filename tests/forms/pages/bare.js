// A page without anything, for tests that write their own.

import { createScrubber, isScrubbed } from 'darkslide';
import { protect } from 'darkslide/forms';
import { createGuardedFetch, guard } from 'darkslide/guard';

import { options, plainForm } from './host.js';

Object.assign(globalThis, { createScrubber, isScrubbed, protect, createGuardedFetch, guard, options, plainForm, host: {} });
