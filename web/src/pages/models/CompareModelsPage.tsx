export default function CompareModelsPage() {
  return null;
}
