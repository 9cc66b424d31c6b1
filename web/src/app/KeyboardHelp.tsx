import { Kbd, Table } from "@mantine/core";
import { useHotkeys } from "@mantine/hooks";

import { Dialog } from "../components/Dialog";

const KEYS: [keys: string[], what: string][] = [
  [["?"], "These keys"],
  [["j"], "Next image"],
  [["k"], "Previous image"],
  [["v"], "Select"],
  [["b"], "Draw boxes"],
  [["p"], "Draw polygons"],
  [["Enter"], "Finish the polygon"],
  [["1", "…", "9"], "Class of what is selected, or of what is drawn next"],
  [["←", "↑", "→", "↓"], "Move what is selected; with Shift farther"],
  [["Delete"], "Delete what is selected"],
  [["z"], "Undo; with Shift redo"],
  [["a"], "Accept"],
  [["x"], "Reject"],
  [["+", "-", "0"], "Closer, farther, whole picture"],
  [["Space"], "Held: pan"],
  [["Esc"], "Let go, or close"],
];

export function KeyboardHelp({ opened, onOpen, onClose }: { opened: boolean; onOpen: () => void; onClose: () => void }) {
  useHotkeys([["shift+?", onOpen], ["?", onOpen]]);
  return (
    <Dialog opened={opened} onClose={onClose} title="Keyboard shortcuts">
      <Table>
        <Table.Tbody>
          {KEYS.map(([keys, what]) => (
            <Table.Tr key={what}>
              <Table.Th w={130}>
                {keys.map((key) => (key === "…" ? " … " : <Kbd key={key}>{key}</Kbd>))}
              </Table.Th>
              <Table.Td>{what}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Dialog>
  );
}
