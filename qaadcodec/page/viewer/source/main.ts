/**
 * Where the script of a page starts. It runs twice: in the page, and in a worker that the page makes of the script's own
 * text, since a page from a disk has no other file to load it from.
 */

import { serve } from "./decoding/serve.js";
import { start } from "./page.js";

if (typeof document === "undefined") serve();
else start();
