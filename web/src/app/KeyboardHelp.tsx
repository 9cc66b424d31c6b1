import { Kbd, Modal, Table } from "@mantine/core";
import { useHotkeys } from "@mantine/hooks";

const KEYS: [keys: string[], what: string][] = [
  [["?"], "These keys"],
  [["j"], "Next image"],
  [["k"], "Previous image"],
  [["b"], "Draw boxes"],
  [["p"], "Draw polygons"],
  [["1", "…", "9"], "Class of what is selected, or of what is drawn next"],
  [["Delete"], "Delete what is selected"],
  [["z"], "Undo"],
  [["a"], "Accept"],
  [["x"], "Reject"],
  [["+", "-", "0"], "Closer, farther, whole picture"],
  [["Space"], "Held: pan"],
  [["Esc"], "Let go, or close"],
];

export function KeyboardHelp({ opened, onOpen, onClose }: { opened: boolean; onOpen: () => void; onClose: () => void }) {
  useHotkeys([["shift+?", onOpen], ["?", onOpen]]);
  return (
    <Modal opened={opened} onClose={onClose} title="Keyboard shortcuts">
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
    </Modal>
  );
}
