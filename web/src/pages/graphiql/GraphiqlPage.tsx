export default function GraphiqlPage() {
  return null;
}
