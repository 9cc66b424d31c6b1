import { SimpleGrid, Text, Title } from "@mantine/core";

import type { Version } from "./documents";
import { Section } from "./Section";
import { settingGroups, type SettingGroup } from "./settingSentences";
import classes from "./VersionSettings.module.css";

/** How the version was made, in words. */
export function VersionSettings({ version }: { version: Version }) {
  return (
    <Section title="Settings">
      <SimpleGrid cols={{ base: 1, xs: 2, lg: 4 }} spacing="lg">
        {settingGroups(version).map((group) => (
          <Group key={group.title} group={group} />
        ))}
      </SimpleGrid>
    </Section>
  );
}

function Group({ group: { title, settings, otherwise } }: { group: SettingGroup }) {
  return (
    <div>
      <Title order={4} size="sm" mb={6}>
        {title}
      </Title>
      {settings.length === 0 ? (
        <Text size="sm" c="dimmed">
          {otherwise}
        </Text>
      ) : (
        <dl className={classes.settings}>
          {settings.map(({ term, text }) => (
            <div key={term}>
              <dt>{term}</dt>
              <dd>{text}</dd>
            </div>
          ))}
        </dl>
      )}
    </div>
  );
}
