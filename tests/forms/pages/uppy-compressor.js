import Compressor from '@uppy/compressor';

import { uppyPage } from './uppy.js';

uppyPage(Compressor, {});
