export default function JobPage(_: { jobId: string }) {
  return null;
}
