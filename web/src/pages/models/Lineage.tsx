import { Text } from "@mantine/core";
import { Link } from "wouter";

import { percent } from "../../components/numbers";
import { stepsOf, treeOf, type Place, type Step } from "./lineageTree";
import classes from "./Lineage.module.css";
import type { ListedModel } from "./listedModel";

const STEP_WIDTH = 76;
const STEP_HEIGHT = 30;
const MODEL_WIDTH = 196;
const MODEL_HEIGHT = 62;
const GAP_X = 28;
const GAP_Y = 14;

/** Columns are versions and models in turn. */
function isStep({ column }: Place): boolean {
  return column % 2 === 0;
}

function leftOf({ column }: Place): number {
  return Math.floor(column / 2) * (STEP_WIDTH + MODEL_WIDTH + 2 * GAP_X) + (column % 2) * (STEP_WIDTH + GAP_X);
}

function rightOf(place: Place): number {
  return leftOf(place) + (isStep(place) ? STEP_WIDTH : MODEL_WIDTH);
}

function middleOf({ row }: Place): number {
  return row * (MODEL_HEIGHT + GAP_Y) + MODEL_HEIGHT / 2;
}

function styleOf(place: Place) {
  const [width, height] = isStep(place) ? [STEP_WIDTH, STEP_HEIGHT] : [MODEL_WIDTH, MODEL_HEIGHT];
  return { left: leftOf(place), top: middleOf(place) - height / 2, width, height };
}

/** Which model came from which, and on which version: left to right, oldest first. */
export function Lineage({ models }: { models: readonly ListedModel[] }) {
  const oldestFirst = models.toSorted((a, b) => a.createdAt.localeCompare(b.createdAt));
  const { steps, ancestry } = stepsOf(
    oldestFirst.map(({ id, parent, version }) => ({ id, parentId: parent?.id ?? null, version: version?.version ?? null })),
  );
  const places = treeOf(ancestry);
  const at = new Map(places.map((place) => [place.id, place]));
  const width = Math.max(...places.map(rightOf));
  const height = Math.max(...places.map(middleOf)) + MODEL_HEIGHT / 2;
  return (
    <section className={classes.scroll} aria-label="Lineage of the models" tabIndex={0}>
      <div className={classes.tree} style={{ width, height }}>
        <Edges places={places} width={width} height={height} />
        {steps.map((step) => {
          const place = at.get(step.id);
          return place && <StepBox key={step.id} step={step} place={place} />;
        })}
        {oldestFirst.map((model) => {
          const place = at.get(model.id);
          return place && <ModelBox key={model.id} model={model} place={place} />;
        })}
      </div>
    </section>
  );
}

function Edges({ places, width, height }: { places: readonly Place[]; width: number; height: number }) {
  const at = new Map(places.map((place) => [place.id, place]));
  return (
    <svg width={width} height={height} aria-hidden className={classes.edges}>
      {places.map((place) => {
        const parent = place.parentId === null ? undefined : at.get(place.parentId);
        if (!parent) return null;
        const [x1, y1, x2, y2] = [rightOf(parent), middleOf(parent), leftOf(place), middleOf(place)];
        const middle = (x1 + x2) / 2;
        return <path key={place.id} d={`M${x1},${y1} C${middle},${y1} ${middle},${y2} ${x2},${y2}`} />;
      })}
    </svg>
  );
}

function StepBox({ step: { version }, place }: { step: Step; place: Place }) {
  if (version === null) {
    return (
      <span className={classes.step} style={styleOf(place)}>
        Imported
      </span>
    );
  }
  return (
    <Link to={`/versions/${version}`} className={classes.step} style={styleOf(place)} aria-label={`Version v${version}`}>
      v{version}
    </Link>
  );
}

function ModelBox({ model, place }: { model: ListedModel; place: Place }) {
  return (
    <Link
      to={`/models/${model.id}`}
      className={model.deployed ? `${classes.model} ${classes.deployed}` : classes.model}
      style={styleOf(place)}
    >
      <Text size="xs" fw={600} lineClamp={2} lh={1.25} title={model.name} style={{ overflowWrap: "anywhere" }}>
        {model.name}
      </Text>
      <Text size="xs" c="dimmed" truncate>
        {percent(model.metrics?.mAP50)} mAP{model.deployed ? " · Deployed" : ""}
      </Text>
    </Link>
  );
}
