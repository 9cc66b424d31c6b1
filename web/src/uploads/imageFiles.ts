/** A file that was dropped or chosen, by its path: `north/flight 1/DJI_0001.JPG`. */
export interface PathedFile {
  path: string;
  file: File;
}

/** What is to be uploaded together: the images by their names in the project, and how many files are none. */
export interface ImageChoice {
  batchName: string;
  images: PathedFile[];
  others: number;
}

/** What docs/intake.md lists; the server looks at the bytes, this only leaves out what is plainly something else. */
const IMAGE = /\.(jpe?g|jpe|mpo|png|tiff?|webp)$/i;
const LONGEST_NAME = 200;
const minute = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "short" });

export const IMAGE_TYPES = "image/jpeg,image/png,image/tiff,image/webp,.mpo,.tif,.tiff";

/**
 * The images among the files, in the order of their paths. One folder that holds them all names the batch and is left
 * out of their names, as `agridrone upload` does; otherwise the day and time name it.
 */
export function chooseImages(files: readonly PathedFile[], now: Date = new Date()): ImageChoice {
  const seen = files.filter(({ path }) => !path.split("/").some((part) => part.startsWith(".")));
  const images = seen.filter(({ path }) => IMAGE.test(path));
  const folder = commonFolder(images.map(({ path }) => path));
  return {
    batchName: (folder || `Upload of ${minute.format(now)}`).slice(0, LONGEST_NAME),
    images: images
      .map(({ path, file }) => ({ path: folder ? path.slice(folder.length + 1) : path, file }))
      .toSorted((a, b) => (a.path < b.path ? -1 : 1)),
    others: seen.length - images.length,
  };
}

function commonFolder(paths: readonly string[]): string {
  const [first = ""] = paths;
  const end = first.indexOf("/");
  if (end < 0) return "";
  const folder = first.slice(0, end);
  return paths.every((path) => path.startsWith(`${folder}/`)) ? folder : "";
}

/** Of an `<input type="file">`, which knows the path only where a folder was chosen. */
export function inputFiles(list: FileList): PathedFile[] {
  return Array.from(list, (file) => ({ path: file.webkitRelativePath || file.name, file }));
}

/** What was dropped, with all that is in dropped folders. The items must be looked at before the event is over. */
export async function droppedFiles(items: DataTransferItemList): Promise<PathedFile[]> {
  const entries: FileSystemEntry[] = [];
  const files: PathedFile[] = [];
  for (const item of items) {
    const entry = item.webkitGetAsEntry();
    // What was dragged from another page has no place in the file system.
    const file = entry ? null : item.getAsFile();
    if (entry) entries.push(entry);
    if (file) files.push({ path: file.name, file });
  }
  return [...files, ...(await filesOf(entries))];
}

async function filesOf(entries: readonly FileSystemEntry[]): Promise<PathedFile[]> {
  const found: PathedFile[] = [];
  const waiting = [...entries];
  for (let entry = waiting.shift(); entry; entry = waiting.shift()) {
    if (entry.isFile) found.push({ path: entry.fullPath.replace(/^\//, ""), file: await fileOf(entry as FileSystemFileEntry) });
    else waiting.push(...(await entriesOf(entry as FileSystemDirectoryEntry)));
  }
  return found;
}

function fileOf(entry: FileSystemFileEntry): Promise<File> {
  return new Promise((resolve, reject) => entry.file(resolve, reject));
}

/** A browser hands out a hundred at a time. */
async function entriesOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const found: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return found;
    found.push(...some);
  }
}
