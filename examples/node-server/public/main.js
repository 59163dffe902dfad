// The form is sent by the browser itself, and by then holds scrubbed photos alone.
import { protect } from './darkslide/adapters/forms.js';

protect(document.querySelector('form'));
