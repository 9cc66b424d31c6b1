import { ClassBars } from "../../../components/ClassBars";
import { Section } from "./Section";

export function VersionClasses({ counts }: { counts: readonly { name: string; annotations: number }[] }) {
  return (
    <Section title="Classes">
      <ClassBars counts={counts} />
    </Section>
  );
}
