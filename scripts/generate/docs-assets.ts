/** Puts the files of the reference page that come from a package into workers/assets, from where the Worker serves them. */
import { copyReferenceAssets } from '../stack/worker/assets.ts';

copyReferenceAssets();
