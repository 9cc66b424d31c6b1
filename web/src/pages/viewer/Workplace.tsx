import { Loader } from "@mantine/core";
import { useCallback, useEffect, useMemo, useRef, useState, type RefObject } from "react";

import { useMay } from "../../api/projectContext";
import { AssetFacts } from "./AssetFacts";
import { useClassList } from "./classList";
import { ClassPicker } from "./ClassPicker";
import { ClassSections } from "./ClassSections";
import { DecisionBar } from "./DecisionBar";
import { pictureAddress, type Desk } from "./desk";
import { useEditor } from "./editor";
import type { ViewedAsset } from "./marks";
import { obey } from "./obey";
import { PendingSection } from "./PendingSection";
import { Picture, type Editing } from "./Picture";
import type { Tool } from "./pictureGestures";
import { usePictureSize } from "./pictureSize";
import { SaveStatus } from "./SaveStatus";
import type { Sheet, SheetState } from "./sheet";
import { SidePanel } from "./SidePanel";
import { DrawingTools, ZoomTools } from "./Toolbar";
import { useCommands } from "./useViewerKeys";
import { ViewStore } from "./view";
import { ViewerHead } from "./ViewerHead";
import classes from "./Viewer.module.css";

/** The picture with its tools around it. The tool, the class and what is hidden stay from image to image. */
export function Workplace({
  desk,
  sheet,
  state,
  asset,
  layer,
  turning,
  editable,
  phone,
  close,
  go,
  canGo,
}: {
  desk: Desk;
  sheet: Sheet;
  state: SheetState;
  asset: ViewedAsset;
  layer: RefObject<HTMLElement | null>;
  /** The next image is on its way: keys are not meant for this one any more. */
  turning: boolean;
  editable: boolean;
  phone: boolean;
  close: () => void;
  go: (by: 1 | -1) => void;
  canGo: { next: boolean; previous: boolean };
}) {
  const mayReview = useMay("review");
  const [view] = useState(() => new ViewStore());
  const size = usePictureSize(asset);
  const { marks, pending } = state;
  const { names, usual, add } = useClassList(marks.map(({ weedType }) => weedType));
  const [chosen, setChosen] = useState<string | null>(null);
  const [picking, setPicking] = useState(false);
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const weedType = chosen ?? usual ?? names[0] ?? null;
  const editor = useEditor(desk, sheet, state, size, view, weedType);
  const shown = useMemo(
    () => [...marks, ...pending].filter((one) => !hidden.has(one.weedType)),
    [marks, pending, hidden],
  );

  const { reset } = editor;
  const anew = useRef(reset);
  useEffect(() => {
    anew.current();
    layer.current?.querySelector<HTMLElement>("[data-autofocus]")?.focus({ preventScroll: true });
  }, [asset.id, layer]);

  const pick = (name: string) => {
    if (!names.includes(name)) add(name);
    setChosen(name);
    editor.relabel(name);
  };
  const take = (tool: Tool) => {
    editor.take(tool);
    if (tool !== "select" && weedType === null) setPicking(true);
  };
  const hide = (name: string) => {
    const others = [...hidden].filter((one) => one !== name);
    setHidden(new Set(hidden.has(name) ? others : [...others, name]));
  };
  useCommands(layer, (command) => {
    if (turning && command.kind !== "go" && command.kind !== "leave") return true;
    return obey(command, { editor, view, names, mayEdit: editable, mayReview, go, close, pick, use: take });
  });

  const now = useRef(editor);
  useEffect(() => {
    now.current = editor;
  });
  const select = useCallback((key: string | null) => now.current.select(key), []);
  const find = useCallback((key: string) => now.current.select(key, { show: true }), []);
  const editing: Editing | undefined = editable
    ? {
        tool: editor.tool,
        weedType,
        corners: editor.corners,
        onCorner: editor.addCorner,
        onFinish: editor.finish,
        onDraw: weedType === null ? () => setPicking(true) : editor.draw,
        onReshape: editor.reshape,
      }
    : undefined;
  const listed = { selected: editor.selected, hovered: editor.hovered, onSelect: find, onHover: editor.setHovered };
  return (
    <>
      <ViewerHead title={asset.filename} close={close} go={go} canGo={canGo}>
        {editable && (
          <DrawingTools editor={editor} canUndo={state.canUndo} canRedo={state.canRedo} onTool={take}>
            <ClassPicker
              names={names}
              value={editor.mark?.weedType ?? weedType}
              label={editor.mark ? "Class of the selected annotation" : "Class to draw"}
              onPick={pick}
              opened={picking}
              onOpened={setPicking}
            />
          </DrawingTools>
        )}
        {mayReview && <SaveStatus queue={desk.queue} />}
        {!phone && <ZoomTools view={view} />}
      </ViewerHead>
      <div className={classes.body}>
        <div className={classes.stage} data-phone={phone || undefined}>
          <Picture
            label={`Picture ${asset.filename}`}
            view={view}
            size={size}
            src={pictureAddress(asset)}
            preview={asset.preview}
            onBroken={() => desk.renewAddresses(sheet)}
            shown={shown}
            selected={editor.selected}
            hovered={editor.hovered}
            onSelect={select}
            onHover={editor.setHovered}
            editing={editing}
          >
            {turning && <Loader className={classes.turning} role="status" aria-label="Loading the next image" />}
            {mayReview && editor.pending && editor.pending.key === editor.selected && (
              <DecisionBar pending={editor.pending} decide={editor.decide} />
            )}
          </Picture>
        </div>
        <SidePanel phone={phone} annotations={marks.length} waiting={pending.length}>
          {pending.length > 0 && (
            <PendingSection
              pending={pending}
              {...listed}
              decide={mayReview ? editor.decide : undefined}
              decideAll={mayReview ? (accept) => editor.reviewed(accept, pending.map(({ key }) => key)) : undefined}
            />
          )}
          <ClassSections marks={marks} names={names} hidden={hidden} onHide={hide} {...listed} />
          <AssetFacts asset={asset} />
        </SidePanel>
      </div>
    </>
  );
}
