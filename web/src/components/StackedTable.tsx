import { Table, type TableProps } from "@mantine/core";

import classes from "./StackedTable.module.css";

/**
 * A table that shows its rows as cards where it would not fit, as on a phone. Give each cell its column's name as
 * `data-label`; the first and the last cell have the whole width there, and those with `data-whole`.
 */
export function StackedTable({ children, ...props }: TableProps) {
  return (
    <div className={classes.frame}>
      <Table className={classes.table} {...props}>
        {children}
      </Table>
    </div>
  );
}
