// After sign-out nothing anyone wrote stays in this tab.

import { dropAll } from "./sealed.js";

dropAll();
