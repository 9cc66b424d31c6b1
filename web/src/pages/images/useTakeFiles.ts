import { useCallback } from "react";

import { complain, tell } from "../../api/action";
import { counted } from "../../components/numbers";
import { chooseImages, type PathedFile } from "../../uploads/imageFiles";
import { uploadsOf } from "../../uploads/useUploads";

/** Sends the images among files that were chosen or dropped, and says what was left out. */
export function useTakeFiles(projectId: string): (files: PathedFile[]) => void {
  return useCallback(
    (files) => {
      const choice = chooseImages(files);
      if (choice.images.length === 0) {
        if (files.length > 0) complain("There is no image among these files. JPEG, PNG, TIFF and WebP are taken.");
        return;
      }
      if (choice.others > 0) tell(`${counted(choice.others, "other file")} left out; only images are taken here.`);
      uploadsOf(projectId).add(choice);
    },
    [projectId],
  );
}
