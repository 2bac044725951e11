/** Files and folders that are taken away. */

import { bytes, n, nameOf, t, zipUrl } from "@starpod/page";
import { MOST_PACKED, MOST_PACKED_BYTES } from "./protocol";
import { look } from "./state";

/** Has the browser save what is at an address. */
export function download(address: string, name: string): void {
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
}

/** Has the browser save a folder as a zip file. Throws where it is too much: a download could not say why it fails. */
export async function takeFolder(path: string): Promise<string> {
  const { files, folders, size, complete } = await look(path, true);
  if (!complete || files + folders > MOST_PACKED || size > MOST_PACKED_BYTES)
    throw new Error(
      t(
        "{name} is too much for one file; take its folders one by one. At most {count} names and {size} go into one.",
        {
          name: nameOf(path),
          count: MOST_PACKED,
          size: bytes(MOST_PACKED_BYTES),
        },
      ),
    );
  download(zipUrl(path), `${nameOf(path)}.zip`);
  return n(files, "{n} file is on its way.", "{n} files are on their way.");
}
