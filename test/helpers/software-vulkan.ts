import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** SwiftShader, a Vulkan device in software that Debian's package chromium brings. */
const DRIVER = '/usr/lib/chromium/vk_swiftshader_icd.json';

const hasLoader = ['/usr/lib', '/lib']
  .flatMap((folder) => (existsSync(folder) ? [folder, ...readdirSync(folder).map((name) => join(folder, name))] : []))
  .some((folder) => existsSync(join(folder, 'libvulkan.so.1')));

export const hasSoftwareVulkan =
  process.platform === 'linux' && process.arch === 'x64' && existsSync(DRIVER) && hasLoader;

/** Appended to the title of a suite that is skipped, so that the report says why. */
export const needsSoftwareVulkan = hasSoftwareVulkan
  ? ''
  : ' (skipped: needs a Vulkan device in software: the Debian packages chromium and libvulkan1)';

/** Makes it the only Vulkan device of a process. */
export const softwareVulkan = { VK_ICD_FILENAMES: DRIVER, VK_DRIVER_FILES: DRIVER };
/** Leaves a process without any. */
export const noVulkan = { VK_ICD_FILENAMES: '/nonexistent.json', VK_DRIVER_FILES: '/nonexistent.json' };
