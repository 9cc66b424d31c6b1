import { Text } from "@mantine/core";
import { Link } from "wouter";

import { percent } from "../../components/numbers";
import { treeOf } from "./lineageTree";
import classes from "./Lineage.module.css";
import type { ListedModel } from "./listedModel";

const WIDTH = 190;
const HEIGHT = 54;
const GAP_X = 44;
const GAP_Y = 14;

/** Which model came from which, and from which version: left to right, oldest first. */
export function Lineage({ models }: { models: readonly ListedModel[] }) {
  const oldestFirst = models.toSorted((a, b) => a.createdAt.localeCompare(b.createdAt));
  const places = treeOf(oldestFirst.map(({ id, parent }) => ({ id, parentId: parent?.id ?? null })));
  const at = new Map(places.map((place) => [place.id, place]));
  const left = (column: number) => column * (WIDTH + GAP_X);
  const top = (row: number) => row * (HEIGHT + GAP_Y);
  const width = left(Math.max(...places.map(({ column }) => column))) + WIDTH;
  const height = top(Math.max(...places.map(({ row }) => row))) + HEIGHT;
  return (
    <section className={classes.scroll} aria-label="Lineage of the models" tabIndex={0}>
      <div className={classes.tree} style={{ width, height }}>
        <svg width={width} height={height} aria-hidden className={classes.edges}>
          {places.map(({ id, column, row, parentId }) => {
            const parent = parentId === null ? undefined : at.get(parentId);
            if (!parent) return null;
            const [x1, y1] = [left(parent.column) + WIDTH, top(parent.row) + HEIGHT / 2];
            const [x2, y2] = [left(column), top(row) + HEIGHT / 2];
            const middle = (x1 + x2) / 2;
            return <path key={id} d={`M${x1},${y1} C${middle},${y1} ${middle},${y2} ${x2},${y2}`} />;
          })}
        </svg>
        {oldestFirst.map((model) => {
          const place = at.get(model.id);
          return (
            place && (
              <Link
                key={model.id}
                to={`/models/${model.id}`}
                className={model.deployed ? `${classes.model} ${classes.deployed}` : classes.model}
                style={{ left: left(place.column), top: top(place.row), width: WIDTH, height: HEIGHT }}
              >
                <Text size="sm" fw={600} truncate title={model.name}>
                  {model.name}
                </Text>
                <Text size="xs" c="dimmed" truncate>
                  {model.version ? `v${model.version.version}` : "imported"} · {percent(model.metrics?.mAP50)}
                  {model.deployed ? " · deployed" : ""}
                </Text>
              </Link>
            )
          );
        })}
      </div>
    </section>
  );
}
