import Darkslide from 'darkslide/uppy';

import { options } from './host.js';
import { uppyPage } from './uppy.js';

uppyPage(Darkslide, options);
