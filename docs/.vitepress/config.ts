import { defineConfig } from 'vitepress';

export default defineConfig({
  title: 'Millrace',
  description: 'Always-correct single views and live queries over any system of record',
  lang: 'en',
  cleanUrls: true,
  lastUpdated: false,
  // Files of the repository that pages point to are read there, not here.
  ignoreDeadLinks: [/^(\.\.\/)+(README|ARCHITECTURE|CONTRIBUTING|examples|packages|bench|test)/, /^https?:\/\/(127\.0\.0\.1|localhost)/],
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    nav: [
      { text: 'Getting started', link: '/getting-started' },
      { text: 'Concepts', link: '/concepts/overview' },
      { text: 'Guides', link: '/guides/tables-to-live-view' },
      { text: 'Reference', link: '/reference/configuration' },
    ],
    sidebar: [
      {
        text: 'Start',
        items: [{ text: 'Getting started', link: '/getting-started' }],
      },
      {
        text: 'Concepts',
        items: [
          { text: 'The way of a change', link: '/concepts/overview' },
          { text: 'Projection', link: '/concepts/projection' },
          { text: 'Strategy', link: '/concepts/strategy' },
          { text: 'Single view', link: '/concepts/single-view' },
          { text: 'Live query', link: '/concepts/live-query' },
          { text: 'Failures', link: '/concepts/failures' },
          { text: 'Jobs and lanes', link: '/concepts/jobs' },
          { text: 'Records in Kafka', link: '/concepts/records-in-kafka' },
          { text: 'Documents in MongoDB', link: '/concepts/documents-in-mongodb' },
          { text: 'Words', link: '/concepts/words' },
        ],
      },
      {
        text: 'Guides',
        items: [
          { text: 'From your tables to a live single view', link: '/guides/tables-to-live-view' },
          { text: 'Moving from low-code files', link: '/guides/moving-low-code-files' },
          { text: 'Testing your views', link: '/guides/testing-views' },
          { text: 'When a view looks wrong', link: '/guides/view-looks-wrong' },
          { text: 'From your laptop to Kafka and MongoDB', link: '/guides/kafka-and-mongodb' },
          { text: 'Deployment', link: '/deployment' },
          { text: 'Operating it', link: '/guides/operating' },
        ],
      },
      {
        text: 'Reference',
        items: [
          { text: 'Configuration', link: '/reference/configuration' },
          { text: 'Commands', link: '/reference/commands' },
          { text: 'HTTP', link: '/reference/http' },
          { text: 'Live protocol', link: '/reference/live-protocol' },
          { text: 'Messages', link: '/reference/messages' },
          { text: 'Metrics', link: '/reference/metrics' },
          { text: 'Errors', link: '/reference/errors' },
        ],
      },
    ],
  },
});
