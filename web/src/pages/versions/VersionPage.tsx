export default function VersionPage(_: { number: number }) {
  return null;
}
