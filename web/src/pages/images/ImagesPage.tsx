export default function ImagesPage(_: { assetId?: string }) {
  return null;
}
